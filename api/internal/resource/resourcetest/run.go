package resourcetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// Option changes the behaviour of Run.
type Option func(*config)

type config struct {
	tables func(testing.TB, *database.DB)
	values func(testing.TB, *Server) map[string]any
	others []Served
	unread bool // files are not imported
}

// Tables has Run make the entity's tables by create. Without it they are among the tables of the schema.
func Tables(create func(testing.TB, *database.DB)) Option {
	return func(c *config) { c.tables = create }
}

// Values has Run give each row the values that f returns, by member: those that a generated value does not serve, such as
// the id of a row of another entity, which f creates. The server serves that entity, too.
func Values(f func(testing.TB, *Server) map[string]any, others ...Served) Option {
	return func(c *config) { c.values, c.others = f, others }
}

// WithoutImport has Run ask for no import, of an entity that has replaced it.
func WithoutImport() Option {
	return func(c *config) { c.unread = true }
}

// Run proves on both dialects that an entity has all features of one that is declared. It needs no rows to begin with.
func Run[T any](t *testing.T, r *resource.Resource[T], options ...Option) {
	t.Helper()
	var c config
	for _, option := range options {
		option(&c)
	}
	tests := map[string]func(*suite){
		"a row lives through each operation":                    (*suite).life,
		"paging has each row once in each sort":                 (*suite).paging,
		"filters, ranges and totals agree with the rows":        (*suite).filters,
		"queries that break a rule are refused":                 (*suite).queries,
		"one of several changes of a version wins":              (*suite).races,
		"a request with a key takes effect once":                (*suite).keys,
		"the value of a unique field is one row's":              (*suite).unique,
		"events and caches of two processes agree":              (*suite).processes,
		"a batch is created whole or not at all":                (*suite).batch,
		"an import is the inverse of an export":                 (*suite).files,
		"callers without the scope are refused":                 (*suite).access,
		"each fault of the database becomes a problem":          (*suite).faults,
		"bodies that break a rule name the field":               (*suite).bodies,
		"a deleted row exists for its restoration alone":        (*suite).deleted,
		"a page of the cache is younger than a second":          (*suite).staleness,
		"a preflight of preconditions precedes the body":        (*suite).preconditions,
		"the document has each operation and the entity's name": (*suite).document,
	}
	for name, test := range tests {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *database.DB) {
				if c.tables != nil {
					c.tables(t, db)
				}
				s := &suite{T: t, db: db, o: r.Options(), own: r.Unique(), unread: c.unread, all: append([]Served{Of(r)}, c.others...)}
				s.Server = Serve(t, db, s.all...)
				if c.values != nil {
					s.values = c.values(t, s.Server)
				}
				s.Events()
				test(s)
			})
		})
	}
}

// suite is one test of an entity.
type suite struct {
	*testing.T
	*Server
	db     *database.DB
	o      resource.Options
	own    []string // members with unique values
	values map[string]any
	all    []Served
	unread bool // files are not imported
}

func (s *suite) component(suffix string) *huma.Schema {
	schema := s.API.Document().Components.Schemas.Map()[s.o.Component+suffix]
	if schema == nil {
		s.Fatalf("the document has no component %s%s", s.o.Component, suffix)
	}
	return schema
}

// sample returns the body of the nth row. Members are equal in some rows, and null where they may be, but for unique ones.
func (s *suite) sample(n int) map[string]any {
	body := map[string]any{}
	create := s.component("Create")
	for name, schema := range create.Properties {
		value, given := s.values[name]
		unique := slices.Contains(s.own, name)
		switch {
		case given:
		case schema.Nullable && !unique && schema.Default == nil && n%3 == 2 && schema.Type != huma.TypeObject:
			value = nil
		default:
			value = valueOf(schema, n, unique)
		}
		body[name] = value
	}
	return body
}

func valueOf(schema *huma.Schema, n int, unique bool) any {
	tied := n % 7
	if unique {
		tied = n
	}
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[n%len(schema.Enum)]
	case schema.Format == "date-time":
		return time.Date(2031, 1, 1+tied, 12, 0, 0, 123456000, time.UTC).Format("2006-01-02T15:04:05.000000Z")
	case schema.Type == huma.TypeInteger:
		if schema.Minimum != nil {
			tied += int(*schema.Minimum)
		}
		return float64(tied)
	case schema.Type == huma.TypeNumber:
		return float64(tied) / 2
	case schema.Type == huma.TypeBoolean:
		return n%2 == 0
	case schema.Type == huma.TypeObject:
		return map[string]any{"k": float64(n), "É": "=1+1"}
	}
	return fmt.Sprintf("Täxt %04d", tied)
}

func (s *suite) create(n int) map[string]any {
	s.Helper()
	return s.Want(http.StatusCreated, http.MethodPost, s.o.Path, s.sample(n)).Row(s)
}

func (s *suite) at(row map[string]any) string { return fmt.Sprintf("%s/%.0f", s.o.Path, row["id"]) }

// parameters returns the names of the parameters of the list.
func (s *suite) parameters() []*huma.Param {
	return s.API.Document().Paths[s.o.Path].Get.Parameters
}

func (s *suite) sorts() (sorts []string) {
	for _, p := range s.parameters() {
		if p.Name == "sort" {
			for _, sort := range p.Schema.Enum {
				sorts = append(sorts, sort.(string))
			}
		}
	}
	return sorts
}

// all returns each living row, by a list in one page.
func (s *suite) list(query string) []map[string]any {
	s.Helper()
	return s.Want(http.StatusOK, http.MethodGet, s.o.Path+"?limit=1000&"+query, nil, "Cache-Control", "no-cache").Rows(s)
}

func ids(rows []map[string]any) []float64 {
	ids := make([]float64, len(rows))
	for i, row := range rows {
		ids[i], _ = row["id"].(float64)
	}
	return ids
}

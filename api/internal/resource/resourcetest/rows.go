package resourcetest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/testdb"
)

func (s *suite) life() {
	created := s.Want(http.StatusCreated, http.MethodPost, s.o.Path, s.sample(1))
	row := created.Row(s)
	for name, value := range s.sample(1) {
		if diff := cmp.Diff(value, row[name]); diff != "" {
			s.Errorf("%s of the new row (-want +got):\n%s", name, diff)
		}
	}
	if got := created.Header.Get("Location"); got != s.at(row) {
		s.Errorf("Location %q, want %q", got, s.at(row))
	}
	read := s.Want(http.StatusOK, http.MethodGet, s.at(row), nil)
	if read.Body != created.Body || read.Header.Get("ETag") != created.Header.Get("ETag") {
		s.Errorf("read %s, created %s", read.Body, created.Body)
	}
	s.Want(http.StatusNotModified, http.MethodGet, s.at(row), nil, "If-None-Match", read.Header.Get("ETag"))
	s.Want(http.StatusPreconditionFailed, http.MethodGet, s.at(row), nil, "If-Match", `"99.0"`)
	patch := s.sample(2)
	changed := s.Want(http.StatusOK, http.MethodPatch, s.at(row), patch, "If-Match", read.Header.Get("ETag")).Row(s)
	for name, value := range patch {
		if object, ok := value.(map[string]any); ok {
			value = object // all members of one replace those of the other
		}
		if diff := cmp.Diff(value, changed[name]); diff != "" && value != nil {
			s.Errorf("%s of the changed row (-want +got):\n%s", name, diff)
		}
	}
	if changed["version"] != 2.0 || changed["created_at"] != row["created_at"] {
		s.Errorf("changed: %v", changed)
	}
	stale := s.Want(http.StatusPreconditionFailed, http.MethodPatch, s.at(row), patch, "If-Match", read.Header.Get("ETag"))
	if !strings.Contains(stale.Body, "The "+s.o.Name+" has changed") {
		s.Errorf("the problem does not name the %s: %s", s.o.Name, stale.Body)
	}
	same := s.Want(http.StatusOK, http.MethodPatch, s.at(row), map[string]any{}).Row(s)
	changed["version"], changed["updated_at"] = same["version"], same["updated_at"]
	if diff := cmp.Diff(changed, same); diff != "" {
		s.Errorf("an empty patch changes (-want +got):\n%s", diff)
	}
	s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil)
	s.Want(http.StatusOK, http.MethodPost, s.at(row)+"/restore", nil)
}

func (s *suite) deleted() {
	row := s.create(1)
	s.Want(http.StatusOK, http.MethodGet, s.at(row), nil)
	s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil)
	s.Want(http.StatusNotFound, http.MethodGet, s.at(row), nil)
	s.Want(http.StatusNotFound, http.MethodPatch, s.at(row), map[string]any{})
	s.Want(http.StatusNotFound, http.MethodDelete, s.at(row), nil)
	if rows := s.list(""); len(rows) != 0 {
		s.Errorf("the list has %v", rows)
	}
	restored := s.Want(http.StatusOK, http.MethodPost, s.at(row)+"/restore", nil).Row(s)
	if restored["version"] != 3.0 {
		s.Errorf("restored: %v", restored)
	}
	again := s.Want(http.StatusOK, http.MethodPost, s.at(row)+"/restore", nil).Row(s)
	if diff := cmp.Diff(restored, again); diff != "" {
		s.Errorf("the second restoration changes (-want +got):\n%s", diff)
	}
	missing := s.Want(http.StatusNotFound, http.MethodPost, s.o.Path+"/999999/restore", nil)
	if !strings.Contains(strings.ToLower(missing.Body), s.o.Name+" not found") {
		s.Errorf("the problem does not name the %s: %s", s.o.Name, missing.Body)
	}
}

func (s *suite) batch() {
	created := s.Want(http.StatusCreated, http.MethodPost, s.o.Path+"/batch", []any{s.sample(1), s.sample(2), s.sample(3)}).Rows(s)
	if diff := cmp.Diff(created, s.list("")); diff != "" {
		s.Errorf("(-created +listed):\n%s", diff)
	}
	if all := s.Events(); len(all) != 1 || all[0].Count != 3 {
		s.Errorf("events %v", all)
	}
	broken := s.sample(5)
	broken["unheard"] = 1
	r := s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path+"/batch", []any{s.sample(4), broken})
	if !strings.Contains(r.Body, `"pointer":"#/1/unheard"`) {
		s.Errorf("no fault of the second row: %s", r.Body)
	}
	s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path+"/batch", []any{})
	s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path+"/batch", slices.Repeat([]any{map[string]any{}}, 1001))
	if rows := s.list(""); len(rows) != 3 {
		s.Errorf("%d rows", len(rows))
	}
}

func (s *suite) access() {
	row := s.create(1)
	for _, request := range []struct {
		method, path string
		body         any
		writes       bool
	}{
		{http.MethodGet, s.o.Path, nil, false},
		{http.MethodGet, s.at(row), nil, false},
		{http.MethodGet, s.o.Path + "/export", nil, false},
		{http.MethodPost, s.o.Path, s.sample(2), true},
		{http.MethodPost, s.o.Path + "/batch", []any{s.sample(3)}, true},
		{http.MethodPost, s.o.Path + "/import", "x\n", true},
		{http.MethodPatch, s.at(row), map[string]any{}, true},
		{http.MethodDelete, s.at(row), nil, true},
		{http.MethodPost, s.at(row) + "/restore", nil, true},
	} {
		if s.unread && strings.HasSuffix(request.path, "/import") {
			continue
		}
		if r := s.as("", request.method, request.path, request.body); r.Status != http.StatusUnauthorized {
			s.Errorf("%s %s without a token: %d %s", request.method, request.path, r.Status, r.Body)
		}
		r := s.as(reader, request.method, request.path, request.body)
		if want := map[bool]int{true: http.StatusForbidden, false: http.StatusOK}[request.writes]; r.Status != want {
			s.Errorf("%s %s of a reader: %d %s, want %d", request.method, request.path, r.Status, r.Body, want)
		}
	}
	if rows := s.list(""); len(rows) != 1 || rows[0]["version"] != 1.0 {
		s.Errorf("rows: %v", rows)
	}
}

// faults has each statement of each operation fail. The response is a problem, and the rows are as before or as after.
func (s *suite) faults() {
	row := s.create(1)
	faulty, faults := testdb.Faulty(s, s.db)
	process := Serve(s, faulty, s.all...)
	process.Want(http.StatusOK, http.MethodGet, s.at(row), nil) // which reads the history of the database
	n := 1
	body := func() map[string]any {
		n++
		return s.sample(n)
	}
	// Each operation has a request made for it, of rows that are there for this one.
	for name, begin := range map[string]func() (method, path string, body any, header []string){
		"list": func() (string, string, any, []string) {
			return http.MethodGet, s.o.Path + "?total=true&sort=-created_at", nil, []string{"Cache-Control", "no-store"}
		},
		"read": func() (string, string, any, []string) {
			return http.MethodGet, s.at(row), nil, []string{"Cache-Control", "no-store"}
		},
		"export": func() (string, string, any, []string) { return http.MethodGet, s.o.Path + "/export", nil, nil },
		"create": func() (string, string, any, []string) { return http.MethodPost, s.o.Path, body(), nil },
		"create with a key": func() (string, string, any, []string) {
			return http.MethodPost, s.o.Path, body(), []string{"Idempotency-Key", fmt.Sprint(n)}
		},
		"batch": func() (string, string, any, []string) {
			return http.MethodPost, s.o.Path + "/batch", []any{body(), body()}, nil
		},
		"change": func() (string, string, any, []string) { return http.MethodPatch, s.at(row), s.sample(1), nil },
		"delete": func() (string, string, any, []string) {
			return http.MethodDelete, s.at(s.Want(http.StatusCreated, http.MethodPost, s.o.Path, body()).Row(s)), nil, nil
		},
		"restore": func() (string, string, any, []string) {
			gone := s.at(s.Want(http.StatusCreated, http.MethodPost, s.o.Path, body()).Row(s))
			s.Want(http.StatusNoContent, http.MethodDelete, gone, nil)
			return http.MethodPost, gone + "/restore", nil, nil
		},
	} {
		for status, fault := range map[int]testdb.Fault{
			http.StatusServiceUnavailable:  {},
			http.StatusInternalServerError: {Err: errors.New("an error of no kind")},
		} {
			for fault.At = 1; fault.At < 30; fault.At++ {
				method, path, body, header := begin()
				before := len(s.list(""))
				var hit atomic.Bool
				fault.Hit = func() { hit.Store(true) }
				faults.Set(fault)
				r := process.Do(method, path, body, header...)
				faults.Clear()
				if !hit.Load() { // the operation has no more statements
					if r.Status >= http.StatusBadRequest {
						s.Errorf("%s without a fault: %d %s", name, r.Status, r.Body)
					}
					break
				}
				if r.Status < http.StatusBadRequest {
					continue // a statement that does no harm, such as the look for the history of the database
				}
				if r.Status != status {
					s.Errorf("%s, statement %d fails: %d %s, want %d", name, fault.At, r.Status, r.Body, status)
				}
				if after := len(s.list("")); after != before {
					s.Errorf("%s, statement %d fails: %d rows, and %d before", name, fault.At, after, before)
				}
			}
		}
	}
}

func (s *suite) bodies() {
	row := s.create(1)
	create := s.component("Create")
	for name, schema := range create.Properties {
		for _, value := range wrongFor(schema) {
			body := s.sample(2)
			body[name] = value
			for _, r := range []*Response{
				s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path, body),
				s.Want(http.StatusUnprocessableEntity, http.MethodPatch, s.at(row), map[string]any{name: value}),
			} {
				if !strings.Contains(r.Body, `"pointer":"#/`+name+`"`) {
					s.Errorf("%s: %.60v: no fault of it: %s", name, value, r.Body)
				}
			}
		}
		if slices.Contains(create.Required, name) {
			body := s.sample(2)
			delete(body, name)
			if r := s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path, body); !strings.Contains(r.Body, `"pointer":"#/`+name+`"`) {
				s.Errorf("without %s: %s", name, r.Body)
			}
		}
	}
	for _, body := range []string{"", "{", `{"a":1,"a":2}`, "\xff", "[]"} {
		if r := s.Do(http.MethodPost, s.o.Path, body); r.Status != http.StatusBadRequest && r.Status != http.StatusUnprocessableEntity {
			s.Errorf("the body %q: %d %s", body, r.Status, r.Body)
		}
	}
	if rows := s.list(""); len(rows) != 1 || rows[0]["version"] != 1.0 {
		s.Errorf("rows: %v", rows)
	}
}

// wrongFor returns values that a schema refuses.
func wrongFor(schema *huma.Schema) []any {
	wrong := []any{[]any{}}
	if !schema.Nullable {
		wrong = append(wrong, nil)
	}
	switch schema.Type {
	case huma.TypeInteger:
		wrong = append(wrong, "x", 1.5)
	case huma.TypeNumber, huma.TypeBoolean:
		wrong = append(wrong, "x")
	case huma.TypeObject:
		wrong = append(wrong, "x", map[string]any{"a": strings.Repeat("x", 70_000)})
	case huma.TypeString:
		wrong = append(wrong, 1, "\x00")
		if schema.MaxLength != nil {
			wrong = append(wrong, strings.Repeat("é", *schema.MaxLength+1))
		}
		if schema.Format == "date-time" {
			wrong = append(wrong, "2030-01-01", "2030-02-30T00:00:00Z")
		}
	}
	if schema.Minimum != nil {
		wrong = append(wrong, *schema.Minimum-1)
	}
	if schema.Maximum != nil {
		wrong = append(wrong, *schema.Maximum+1)
	}
	return wrong
}

// preconditions are judged before the body is read, and again in the transaction.
func (s *suite) preconditions() {
	row := s.create(1)
	s.Want(http.StatusPreconditionFailed, http.MethodPatch, s.at(row), "{", "If-Match", `"9.0"`)
	s.Want(http.StatusPreconditionFailed, http.MethodPatch, s.at(row), "{}", "If-None-Match", "*")
	s.Want(http.StatusPreconditionFailed, http.MethodDelete, s.at(row), nil, "If-Match", `"9"`)
	s.Want(http.StatusNotFound, http.MethodPatch, s.o.Path+"/999999", "{}", "If-Match", `"1.0"`)
	s.Want(http.StatusOK, http.MethodPatch, s.at(row), "{}", "If-Match", `"8", "1"`)
	s.Want(http.StatusOK, http.MethodPatch, s.at(row), "{}", "If-Match", "*")
	s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil, "If-Match", `"3"`)
}

func (s *suite) document() {
	doc := s.API.Document()
	one, many := strings.ReplaceAll(s.o.Name, " ", "-"), strings.ReplaceAll(s.o.Plural, " ", "-")
	got := map[string]bool{}
	for _, path := range []string{"", "/batch", "/export", "/import", "/{id}", "/{id}/restore"} {
		at := doc.Paths[s.o.Path+path]
		if at == nil {
			continue
		}
		for _, op := range []*huma.Operation{at.Get, at.Post, at.Patch, at.Delete} {
			if op != nil {
				got[op.OperationID] = true
			}
		}
	}
	for _, id := range []string{"list-" + many, "create-" + one, "create-" + many, "export-" + many, "import-" + many, "get-" + one, "patch-" + one, "delete-" + one, "restore-" + one} {
		if want := id != "import-"+many || !s.unread; got[id] != want {
			s.Errorf("the document has the operation %s: %t, want %t", id, got[id], want)
		}
	}
	raw, err := s.API.OpenAPI()
	if err != nil {
		s.Fatal(err)
	}
	for _, brace := range []string{"{record", "{Record", "{a record", "{A record", "{key"} {
		if strings.Contains(string(raw), brace) {
			s.Errorf("the document has the placeholder %s}", brace)
		}
	}
}

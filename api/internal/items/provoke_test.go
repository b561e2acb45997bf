package items_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	apicontract "github.com/fualab/fualab/api/contract"
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/testdb"
)

var provocations = flag.Int("provocations", 2000, "how many requests TestProvoked sends")

// TestProvoked sends requests that the OpenAPI document suggests: valid ones,
// some at the bounds, many broken. Every answer is held to the document, none
// is a 5xx, and the memory that is in use does not grow with them.
func TestProvoked(t *testing.T) { // not parallel: it measures the heap
	c, operations := newProvoked(t)
	p := newProvoker(t)
	statuses := make(map[int]int)
	var early uint64
	for n := range *provocations {
		if n == *provocations/4 {
			early = heap()
		}
		p.Rand = rand.New(rand.NewPCG(1, uint64(n))) // the same requests each time
		method, path, body, headers := p.request(operations[n%len(operations)])
		got, err := c.Send(method, path, body, headers...)
		if err != nil {
			t.Fatalf("%d: %s %.200s: %v", n, method, path, err)
		}
		if statuses[got.Status]++; got.Status >= 500 || t.Failed() {
			t.Fatalf("%d: %s %.200s %q with %.300q: %d %.300s", n, method, path, headers, body, got.Status, got.Body)
		}
	}
	if late := heap(); late > early+16<<20 {
		t.Errorf("%d bytes are in use after a quarter, %d at the end", early, late)
	}
	t.Logf("answers by status: %v", statuses)
	if statuses[200]+statuses[201] < *provocations/10 || statuses[400]+statuses[422] < *provocations/10 {
		t.Errorf("the requests are too much alike: %v", statuses)
	}
}

// newProvoked returns a client of an API with an item, and the operations of its
// document.
func newProvoked(t *testing.T) (*apitest.Client, []*apicontract.Operation) {
	t.Helper()
	db := testdb.Open(t, testdb.NewURL(t, "sqlite"))
	apitest.Seed(t, db)
	server := httptest.NewServer(apitest.NewAPI(apitest.Deps{
		DB: db, Queue: apitest.Inserter(t, db), Cache: api.NewCache(1 << 20), HeartbeatTTL: time.Minute,
		Draining: func() bool { return false }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	doc, err := apitest.Document()
	if err != nil {
		t.Fatal(err)
	}
	c := apitest.NewClient(t, server.URL)
	c.Must(201, "POST", "/api/items", `{"name":"Sample"}`)
	return c, slices.DeleteFunc(doc.Operations(), func(op *apicontract.Operation) bool { return op.Path == "/api/events" }) // it has no end
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// provoker makes requests from the document.
type provoker struct {
	*rand.Rand
	schemas map[string]schema
}

// schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"` // a name, or several
	Format     string            `json:"format"`
	Enum       []any             `json:"enum"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
	MaxLength  int               `json:"maxLength"`
	Items      *schema           `json:"items"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
}

func newProvoker(t *testing.T) *provoker {
	t.Helper()
	text, err := apitest.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	doc := apitest.Decode[struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}](t, string(text))
	return &provoker{schemas: doc.Components.Schemas}
}

// often is true in n of ten cases.
func (p *provoker) often(n int) bool { return p.IntN(10) < n }

func pick[T any](p *provoker, all ...T) T { return all[p.IntN(len(all))] }

func (p *provoker) request(op *apicontract.Operation) (method, path, body string, headers []string) {
	path, query := op.Path, url.Values{}
	for _, parameter := range op.Parameters {
		var s schema
		_ = json.Unmarshal(parameter.Schema, &s) // the document has been read before
		switch value := p.text(s); parameter.In {
		case "path":
			if value == "" || value == "." || value == ".." {
				value = "1" // another path
			}
			path = strings.ReplaceAll(path, "{"+parameter.Name+"}", url.PathEscape(value))
		case "query":
			if p.often(3) {
				query.Add(parameter.Name, value)
			}
			if p.often(1) {
				query.Add(parameter.Name, p.text(s))
			}
		case "header":
			if p.often(2) {
				headers = append(headers, parameter.Name+": "+headerValue(value))
			}
		}
	}
	if p.IntN(20) == 0 {
		query.Add("unknown", p.string())
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if op.RequestBody == nil {
		return op.Method, path, "", headers
	}
	for media, content := range op.RequestBody.Content {
		if !p.often(9) {
			media = pick(p, "text/plain", "application/xml", "application/json; charset=latin1", "nonsense")
		}
		text, _ := json.Marshal(content) // it comes from JSON
		var s struct{ Schema schema }
		_ = json.Unmarshal(text, &s)
		return op.Method, path, p.body(s.Schema), append(headers, "Content-Type: "+media)
	}
	return op.Method, path, "", headers
}

// headerValue leaves out characters that no client can send.
func headerValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// text is a value as a URL has it.
func (p *provoker) text(s schema) string {
	switch value := p.value(s, 0).(type) {
	case string:
		return value
	case json.RawMessage:
		return string(value)
	default:
		return fmt.Sprint(value)
	}
}

// body is a value in JSON, which is broken at times.
func (p *provoker) body(s schema) string {
	text, err := json.Marshal(p.value(s, 0))
	if err != nil {
		return "{"
	}
	switch body := string(text); p.IntN(20) {
	case 0:
		return body[:p.IntN(len(body))]
	case 1:
		return body + pick(p, "x", "{}", "\x00", "]")
	case 2:
		return strings.Replace(body, `"`, pick(p, `"\ud800`, "\"\xff", `"\u0000`, `'`), 1+p.IntN(3))
	case 3:
		return strings.Repeat(pick(p, "[", `{"a":`), 1+p.IntN(200))
	case 4:
		return pick(p, "null", "0", `""`, "[]", "{}", "true", " ")
	default:
		return body
	}
}

// value is one that s allows in seven of ten cases.
func (p *provoker) value(s schema, depth int) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = p.schemas[name]
	}
	kind, _ := s.Type.(string)
	if kinds, ok := s.Type.([]any); ok {
		kind, _ = pick(p, kinds...).(string)
	}
	if depth > 0 && !p.often(9) || depth == 0 && kind != "object" && kind != "array" && !p.often(7) {
		kind, s = pick(p, "string", "integer", "boolean", "null", "object", "array", "number"), schema{}
	}
	if len(s.Enum) > 0 {
		return pick(p, s.Enum...)
	}
	switch kind {
	case "integer", "number":
		return p.number(s)
	case "boolean":
		return p.often(5)
	case "null":
		return nil
	case "array":
		return p.list(s, depth)
	case "object":
		return p.object(s, depth)
	default:
		if s.Format == "date-time" {
			return pick(p, "2030-01-31T12:00:00Z", "2030-01-31T12:00:00.123456789+05:30", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
				"2030-02-30T00:00:00Z", "2030-01-31", "now", "2030-01-31T12:00:00+24:00", "")
		}
		return p.string()
	}
}

func (p *provoker) number(s schema) any {
	all := []any{1, 1, 2, 5, 0, -1, json.RawMessage("1e400"), 1.5, int64(math.MaxInt64), json.RawMessage("9223372036854775808"), int64(math.MinInt64)}
	if s.Minimum != nil {
		all = append(all, *s.Minimum, *s.Minimum-1)
	}
	if s.Maximum != nil {
		all = append(all, *s.Maximum, *s.Maximum+1)
	}
	return pick(p, all...)
}

func (p *provoker) string() string {
	return pick(p, "Sample", "items.enrich", "Zoë 😀 日本語", "x", "", " ", "a\x00b", "' OR 1=1 --", `%_\`, "../..", "\u202e\u0301", "*/5 * * * *", "UTC", "W/\"1-1\", *",
		strings.Repeat("x", 255), strings.Repeat("é", 256), strings.Repeat("x", 513), strings.Repeat("😀", 10_001))
}

func (p *provoker) list(s schema, depth int) any {
	all := []any{}
	for range pick(p, 0, 1, 1, 2, 3) {
		if s.Items == nil {
			s.Items = &schema{Type: "string"}
		}
		all = append(all, p.value(*s.Items, depth+1))
	}
	return all
}

func (p *provoker) object(s schema, depth int) any {
	all := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		if slices.Contains(s.Required, name) && p.often(9) || p.often(4) {
			all[name] = p.value(property, depth+1)
		}
	}
	if depth < 3 && p.often(1) || len(s.Properties) == 0 && p.often(5) {
		all[p.string()] = p.value(schema{Type: pick(p, any("string"), "integer", "object", "null")}, depth+1)
	}
	return all
}

package items_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/testdb"
)

// refusing is an API on SQLite without authentication.
type refusing struct {
	t       *testing.T
	handler http.Handler
}

func newRefusing(t *testing.T, change func(*apitest.Deps)) *refusing {
	t.Helper()
	d := apitest.Deps{DB: testdb.New(t, "sqlite"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Draining: func() bool { return false }}
	if change != nil {
		change(&d)
	}
	return &refusing{t, apitest.NewAPI(d)}
}

// ask sends a request; each header is a line such as "If-Match: *".
func (a *refusing) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), method, path, strings.NewReader(body))
	switch {
	case strings.HasPrefix(path, "/api/imports"):
		r.Header.Set("Content-Type", "text/csv")
	case method == http.MethodPatch:
		r.Header.Set("Content-Type", "application/merge-patch+json")
	case body != "":
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Add(name, strings.TrimSpace(value))
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

func (a *refusing) want(what string, w *httptest.ResponseRecorder, status int, detail string) {
	a.t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), detail) {
		a.t.Errorf("%s: %d %.300s, want %d and %q", what, w.Code, w.Body, status, detail)
	}
}

// TestUnreadableQueriesAreRefused: no operation acts on a part of its query.
func TestUnreadableQueriesAreRefused(t *testing.T) {
	t.Parallel()
	a := newRefusing(t, nil)
	document := apitest.DocumentOf(t, a.handler)
	for path, methods := range document.Paths {
		for method := range methods {
			method = strings.ToUpper(method)
			if method != http.MethodGet && method != http.MethodPost {
				continue
			}
			at := strings.NewReplacer("{id}", "1", "{name}", "rows.expire").Replace(path)
			for _, query := range []string{"x=%", "x=%zz", "%=1", "a=1;b=2", "x=1&y=%2"} {
				a.want(method+" "+at+"?"+query, a.ask(method, at+"?"+query, "{}"), http.StatusBadRequest, "query string cannot be read")
			}
			a.want(method+" "+at+" twice", a.ask(method, at+"?limit=1&limit=2", "{}"), http.StatusUnprocessableEntity, "must be given once")
		}
	}
	a.want("nothing was imported", a.ask("GET", "/api/imports", ""), http.StatusOK, "[]")
	a.want("nothing was made", a.ask("GET", "/api/items", ""), http.StatusOK, "[]")
}

// TestBodiesAreOneThing: a body that two readers could understand differently
// is refused, and one that takes more memory than its length says.
func TestBodiesAreOneThing(t *testing.T) {
	t.Parallel()
	a := newRefusing(t, nil)
	many := strings.Repeat("0,", 100_000)
	for _, test := range []struct {
		name, body string
		status     int
		detail     string
	}{
		{"capital letters", `{"NAME":"x"}`, 422, "is not a known field"},
		{"a letter that folds", `{"name":"x","expire\u017f_at":"2031-01-01T00:00:00Z"}`, 422, "is not a known field"},
		{"twice the same", `{"name":"x","name":"y"}`, 400, "two members of the same name"},
		{"twice the same inside", `{"name":"x","attributes":{"a":1,"a":2}}`, 400, "two members of the same name"},
		{"half a pair", `{"name":"\ud800"}`, 400, `half of a \\u surrogate pair`},
		{"half a pair as a name", `{"name":"x","attributes":{"\udc00":1}}`, 400, `half of a \\u surrogate pair`},
		{"too many values", `{"name":"x","attributes":{"a":[` + many + `0]}}`, 400, "too many values"},
		{"too many empty objects", `{"name":"x","attributes":{"a":[` + strings.Repeat("{},", 100_000) + `0]}}`, 400, "too many values"},
		{"too many digits", `{"name":"x","attributes":{"a":[` + strings.Repeat("9e307,", 4000) + `0]}}`, 400, "too many digits"},
		{"too deep", `{"name":"x","attributes":{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}}`, 400, "nested too deeply"},
		{"beyond a float", `{"name":"x","attributes":{"a":1e309,"b":-1e399,"c":` + strings.Repeat("9", 400) + `}}`, 201, strings.Repeat("9", 400)},
		{"a value behind", `{"name":"x"} {}`, 400, "not valid JSON"},
	} {
		a.want(test.name, a.ask("POST", "/api/items", test.body), test.status, test.detail)
	}
	a.want("a schedule by another name", a.ask("PATCH", "/api/schedules/rows.expire", `{"missed_policy":"skip","MISSED_POLICY":"garbage"}`), 422, "is not a known field")
}

// TestFaultsAreCounted: an answer lists a hundred faults, and tells how many
// there are.
func TestFaultsAreCounted(t *testing.T) {
	t.Parallel()
	a := newRefusing(t, nil)
	for name, body := range map[string]string{
		"found by the schema":  "[" + strings.Repeat("1,", 249) + "1]",
		"found by the handler": "[" + strings.Repeat(`{"name":"a\u0000"},`, 249) + `{"name":"a\u0000"}]`,
	} {
		w := a.ask("POST", "/api/items/batch", body)
		var p rest.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != 422 || len(p.Errors) != 100 || !strings.Contains(p.Detail, "250 rules") {
			t.Errorf("%s: %d, %d faults, %s", name, w.Code, len(p.Errors), p.Detail)
		}
	}
}

// TestCodingsOfBodies: RFC 9110, sections 8.4.1 and 15.5.16.
func TestCodingsOfBodies(t *testing.T) {
	t.Parallel()
	a := newRefusing(t, nil)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("name\nx\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, coding := range []string{"gzip", "br", "x-gzip", "identity, gzip", "compress"} {
		w := a.ask("POST", "/api/items", `{"name":"x"}`, "Content-Encoding: "+coding)
		a.want("an item in "+coding, w, 415, "without a Content-Encoding")
		if w.Header().Get("Accept-Encoding") != "identity" {
			t.Errorf("it does not say what is good: %v", w.Header())
		}
	}
	a.want("an item, identity", a.ask("POST", "/api/items", `{"name":"x"}`, "Content-Encoding: Identity"), 201, "")
	for _, coding := range []string{"gzip", "GZIP", "x-gzip", "identity, gzip"} {
		a.want("a file in "+coding, a.ask("POST", "/api/imports", packed.String(), "Content-Encoding: "+coding, "Upload-Complete: ?0"), 201, "")
	}
	for _, coding := range []string{"br", "gzip, gzip", "deflate"} {
		w := a.ask("POST", "/api/imports", packed.String(), "Content-Encoding: "+coding)
		a.want("a file in "+coding, w, 415, "gzip")
		if w.Header().Get("Accept-Encoding") != "gzip, identity" {
			t.Errorf("it does not say what is good: %v", w.Header())
		}
	}
}

// TestPreconditionsOfEachMethod: RFC 9110, sections 13.1.1, 13.1.2 and 13.2.1.
func TestPreconditionsOfEachMethod(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		headers []string
		get     int
		change  bool // whether the item changes
	}{
		{nil, 200, true},
		{[]string{`If-Match: "1.0"`}, 200, true},
		{[]string{`If-Match: *`}, 200, true},
		{[]string{`If-Match: "0.0"`}, 412, false},
		{[]string{`If-Match: W/"1.0"`}, 412, false},
		{[]string{`If-Match:`}, 412, false},
		{[]string{`If-Match: ,`}, 412, false},
		{[]string{`If-Match: "0.0"`, `If-Match: "1.0"`}, 200, true},
		{[]string{`If-None-Match: "0.0"`}, 200, true},
		{[]string{`If-None-Match: "1.0"`}, 304, false},
		{[]string{`If-None-Match: W/"1.0"`}, 304, false},
		{[]string{`If-None-Match: *`}, 304, false},
		{[]string{`If-None-Match:`}, 200, true},
		{[]string{`If-Match: "1.0"`, `If-None-Match: "1.0"`}, 304, false},
	} {
		a := newRefusing(t, nil)
		if w := a.ask("POST", "/api/items", `{"name":"x"}`); w.Code != 201 {
			t.Fatal(w.Body)
		}
		name := strings.Join(test.headers, " + ")
		a.want("GET "+name, a.ask("GET", "/api/items/1", "", test.headers...), test.get, "")
		status := map[bool]int{true: 200, false: 412}[test.change]
		a.want("PATCH without an effect "+name, a.ask("PATCH", "/api/items/1", `{"nothing":1}`, test.headers...), map[bool]int{true: 422, false: 412}[test.change], "")
		a.want("PATCH "+name, a.ask("PATCH", "/api/items/1", `{"description":"y"}`, test.headers...), status, "")
		if !test.change {
			w := a.ask("DELETE", "/api/items/1", "", test.headers...)
			a.want("DELETE "+name, w, 412, `"title":"The item has changed"`)
			a.want("it stays "+name, a.ask("GET", "/api/items/1", ""), 200, `"version":1`)
		}
	}
}

// TestPagesOfOtherOriginsSeeAllHeaders: the headers in the API's document pass
// CORS, in both directions.
func TestPagesOfOtherOriginsSeeAllHeaders(t *testing.T) {
	t.Parallel()
	a := newRefusing(t, func(d *apitest.Deps) { d.Origins = []string{"https://app.example.com"} })
	document := apitest.DocumentOf(t, a.handler)
	sent := map[string]bool{"Content-Type": true, "Authorization": true}
	answered := map[string]bool{"WWW-Authenticate": true, "Retry-After": true, "Content-Disposition": true, "Idempotent-Replayed": true}
	for _, methods := range document.Paths {
		for _, op := range methods {
			for _, p := range op.Parameters {
				if p.In == "header" && p.Name != "Accept-Encoding" { // the browser's own
					sent[p.Name] = true
				}
			}
			for _, r := range op.Responses {
				for name := range r.Headers {
					answered[name] = true
				}
			}
		}
	}
	for name := range sent {
		w := a.ask("OPTIONS", "/api/items", "", "Origin: https://app.example.com", "Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: "+strings.ToLower(name))
		if w.Header().Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("a page may not send %s", name)
		}
	}
	exposed := strings.ToLower(a.ask("GET", "/api/items", "", "Origin: https://app.example.com").Header().Get("Access-Control-Expose-Headers"))
	for name := range answered {
		if !strings.Contains(exposed+",", strings.ToLower(name)+",") {
			t.Errorf("a page does not see %s in %s", name, exposed)
		}
	}
}

package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// step is one request of the contract, and the answer that it must get.
type step struct {
	name    string
	method  string
	path    string
	body    string
	headers []string
	status  int
	want    string   // a part of the body, "" for any
	answers []string // header lines of the answer
}

const (
	problemJSON = "Content-Type: application/problem+json"
	mergePatch  = "Content-Type: application/merge-patch+json"
)

// contract is the API as its clients rely on it.
var contract = slices.Concat(life, anytime)

// anytime has steps that hold for every API, with any rows in its database.
var anytime = []step{
	{name: "get 0", method: "GET", path: "/api/items/0", status: 404},
	{name: "id is not a number", method: "GET", path: "/api/items/abc", status: 422, want: `{"detail":"must be a whole number","parameter":"id"}`},
	{name: "id is too large", method: "GET", path: "/api/items/9223372036854775808", status: 422},
	{name: "name missing", method: "POST", path: "/api/items", body: `{}`, status: 422, want: `"errors":[{"detail":"is required","pointer":"#/name"}]`, answers: []string{problemJSON}},
	{name: "name empty", method: "POST", path: "/api/items", body: `{"name":""}`, status: 422, want: `"pointer":"#/name"`},
	{name: "name blank", method: "POST", path: "/api/items", body: `{"name":" \t"}`, status: 422, want: `must contain a visible character`},
	{name: "name not a string", method: "POST", path: "/api/items", body: `{"name":5}`, status: 422, want: `{"detail":"must be string","pointer":"#/name"}`},
	{name: "name null", method: "POST", path: "/api/items", body: `{"name":null}`, status: 422, want: `"pointer":"#/name"`},
	{name: "256 characters", method: "POST", path: "/api/items", body: `{"name":"` + strings.Repeat("x", 256) + `"}`, status: 422, want: `"pointer":"#/name"`},
	{name: "NUL in the name", method: "POST", path: "/api/items", body: `{"name":"a\u0000b"}`, status: 422, want: `must not contain the NUL character`},
	{name: "NUL in the attributes", method: "POST", path: "/api/items", body: `{"name":"a","attributes":{"k":["\u0000"]}}`, status: 422, want: `"pointer":"#/attributes"`},
	{name: "attributes not an object", method: "POST", path: "/api/items", body: `{"name":"a","attributes":[1]}`, status: 422, want: `"pointer":"#/attributes"`},
	{name: "unknown field", method: "POST", path: "/api/items", body: `{"name":"a","colour":"red"}`, status: 422, want: `{"detail":"is not a known field","pointer":"#/colour"}`},
	{name: "no time", method: "POST", path: "/api/items", body: `{"name":"a","expires_at":"tomorrow"}`, status: 422, want: `"pointer":"#/expires_at"`},
	{name: "a year past 9999 in UTC", method: "POST", path: "/api/items", body: `{"name":"a","expires_at":"9999-12-31T23:59:59-01:00"}`, status: 422, want: `"pointer":"#/expires_at"`},
	{name: "a year before 1 in UTC", method: "POST", path: "/api/items", body: `{"name":"a","expires_at":"0001-01-01T00:00:00+01:00"}`, status: 422, want: `"pointer":"#/expires_at"`},
	{name: "year 0", method: "POST", path: "/api/items", body: `{"name":"a","expires_at":"0000-06-01T00:00:00Z"}`, status: 422, want: `"pointer":"#/expires_at"`},
	{name: "such a year in a filter", method: "GET", path: "/api/items?created_before=9999-12-31T23:59:59-01:00&created_after=0000-06-01T00:00:00Z", status: 422, want: `{"detail":"must lie in the years 1 to 9999, in UTC","parameter":"created_after"},{"detail":"must lie in the years 1 to 9999, in UTC","parameter":"created_before"}`},
	{name: "not an object", method: "POST", path: "/api/items", body: `[]`, status: 422},
	{name: "malformed JSON", method: "POST", path: "/api/items", body: `{"name":`, status: 400, want: `"type":"urn:fualab:problem:malformed"`, answers: []string{problemJSON}},
	{name: "no body", method: "POST", path: "/api/items", status: 400},
	{name: "invalid UTF-8", method: "POST", path: "/api/items", body: "{\"name\":\"\xff\"}", status: 400, want: "not valid UTF-8"},
	{name: "half a surrogate pair", method: "POST", path: "/api/items", body: `{"name":"\ud800"}`, status: 400, want: "surrogate"},
	{name: "wrong content type", method: "POST", path: "/api/items", body: `name=Sample`, headers: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 415, answers: []string{problemJSON}},
	{name: "1 MiB", method: "POST", path: "/api/items", body: padded(`{"name":""}`, 1<<20), status: 422, want: `"pointer":"#/name"`},
	{name: "over 1 MiB", method: "POST", path: "/api/items", body: padded(`{"name":"a"}`, 1<<20+1), status: 413, answers: []string{problemJSON}},
	{name: "far over 1 MiB", method: "POST", path: "/api/items", body: padded(`{"name":"a"}`, 32<<20), status: 413, answers: []string{problemJSON}},
	{name: "over 1 MiB of a patch", method: "PATCH", path: "/api/items/1", body: padded(`{"name":"a"}`, 1<<20+1), headers: []string{mergePatch}, status: 413, answers: []string{problemJSON}},
	{name: "8 MiB of a batch", method: "POST", path: "/api/items/batch", body: padded(`[]`, 8<<20), status: 422},
	{name: "over 8 MiB of a batch", method: "POST", path: "/api/items/batch", body: padded(`[]`, 8<<20+1), status: 413, answers: []string{problemJSON}},
	{name: "batch is all or nothing", method: "POST", path: "/api/items/batch", body: `[{"name":"b3"},{"name":""},{"name":"\u0000"}]`, status: 422, want: `"pointer":"#/1/name"`},
	{name: "batch of none", method: "POST", path: "/api/items/batch", body: `[]`, status: 422},
	{name: "batch of null", method: "POST", path: "/api/items/batch", body: `null`, status: 422},
	{name: "batch of 1001", method: "POST", path: "/api/items/batch", body: `[` + strings.Repeat(`{"name":"x"},`, 1000) + `{"name":"x"}]`, status: 422},
	{name: "restore 0", method: "POST", path: "/api/items/0/restore", status: 404},
	{name: "method not allowed on a restore", method: "GET", path: "/api/items/3/restore", status: 405, answers: []string{"Allow: POST"}},
	{name: "search NUL", method: "GET", path: "/api/items?q=%00", status: 422, want: `"parameter":"q"`},
	{name: "duplicates of 0", method: "GET", path: "/api/items?duplicate_of=0", status: 422, want: `"parameter":"duplicate_of"`},
	{name: "duplicates of no number", method: "GET", path: "/api/items?duplicate_of=x", status: 422, want: `"parameter":"duplicate_of"`},
	{name: "limit 0", method: "GET", path: "/api/items?limit=0", status: 422, want: `"parameter":"limit"`},
	{name: "limit 1001", method: "GET", path: "/api/items?limit=1001", status: 422},
	{name: "unknown sort", method: "GET", path: "/api/items?sort=colour", status: 422, want: `"parameter":"sort"`},
	{name: "unknown parameter", method: "GET", path: "/api/items?staus=active", status: 422, want: `"parameter":"staus"`},
	{name: "no cursor", method: "GET", path: "/api/items?cursor=abc", status: 422, want: `"parameter":"cursor"`},
	{name: "no redirect", method: "GET", path: "//api/items", status: 404, want: "urn:fualab:problem:not-found", answers: []string{problemJSON}},
	{name: "no such asset", method: "GET", path: "/docs/nothing.js", status: 404, want: "urn:fualab:problem:not-found", answers: []string{problemJSON}},
	{name: "no such path", method: "GET", path: "/api/nothing", status: 404, want: "urn:fualab:problem:not-found", answers: []string{problemJSON}},
	{name: "method not allowed on a list", method: "DELETE", path: "/api/items", status: 405, answers: []string{problemJSON, "Allow: GET, HEAD, POST"}},
	{name: "method not allowed on an item", method: "PUT", path: "/api/items/1", body: `{}`, status: 405, answers: []string{"Allow: GET, HEAD, PATCH, DELETE"}},
	{name: "method not allowed on health", method: "POST", path: "/health", status: 405, answers: []string{"Allow: GET, HEAD"}},
	{name: "documentation", method: "GET", path: "/docs", status: 200, want: "swagger-ui",
		answers: []string{"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}},
	{name: "its assets", method: "GET", path: "/docs/swagger-ui.css", status: 200},
	{name: "its own script", method: "GET", path: "/docs/start.js", status: 200, want: "SwaggerUIBundle", answers: []string{"Content-Type: text/javascript; charset=utf-8"}},
	{name: "OpenAPI", method: "GET", path: "/openapi.json", status: 200, want: `"openapi": "3.1.0"`},
}

// life has the steps of an API that begins on an empty database, in the order
// of the requests.
var life = []step{
	{name: "live", method: "GET", path: "/health", status: 200, want: `{"status":"ok","service":"FUALab API","version":"dev"}`},
	{name: "live below /api", method: "GET", path: "/api/health", status: 200},
	{name: "empty list", method: "GET", path: "/api/items", status: 200, want: "[]\n"},

	{name: "create", method: "POST", path: "/api/items", body: `{"name":"Sample"}`, status: 201,
		want:    `{"id":1,"name":"Sample","description":"","attributes":{},"status":"active","expires_at":null,"slug":null,"fingerprint":null,"duplicate_of":null,"version":1,"enriched":false,"created_at":"2026-01-02T03:04:06.234567Z","updated_at":"2026-01-02T03:04:06.234567Z","external_id":null}`,
		answers: []string{"Location: /api/items/1", `Etag: "1.0"`, "Content-Type: application/json", "X-Content-Type-Options: nosniff"}},
	{name: "list holds it", method: "GET", path: "/api/items", status: 200, want: `[{"id":1,"name":"Sample"`},
	{name: "get", method: "GET", path: "/api/items/1", status: 200, want: `{"id":1,"name":"Sample"`, answers: []string{`Etag: "1.0"`}},
	{name: "head", method: "HEAD", path: "/api/items/1", status: 200, answers: []string{`Etag: "1.0"`}},
	{name: "get a missing one", method: "GET", path: "/api/items/99", status: 404, want: `"detail":"Item not found"`, answers: []string{problemJSON}},
	{name: "create with everything", method: "POST", path: "/api/items",
		body:   `{"name":"Zoë 😀","description":"two\nlines","attributes":{"z":1e2,"a":{"b":[1.50,null]}},"expires_at":"2030-01-31T12:00:00.1234567+02:00"}`,
		status: 201, want: `"name":"Zoë 😀","description":"two\nlines","attributes":{"a":{"b":[1.50,null]},"z":100},"status":"active","expires_at":"2030-01-31T10:00:00.123456Z"`},
	{name: "null for what is optional", method: "POST", path: "/api/items", body: `{"name":"nulls","description":null,"attributes":null,"expires_at":null}`, status: 201, want: `"attributes":{}`},
	{name: "no content type", method: "POST", path: "/api/items", body: `{"name":"bare"}`, headers: []string{"Content-Type: "}, status: 201},
	{name: "markup is text", method: "POST", path: "/api/items", body: `{"name":"<script>&"}`, status: 201, want: `"name":"<script>&"`},
	{name: "255 characters of four bytes", method: "POST", path: "/api/items", body: `{"name":"` + strings.Repeat("😀", 255) + `"}`, status: 201},

	{name: "such a year in a patch", method: "PATCH", path: "/api/items/1", body: `{"expires_at":"9999-12-31T23:59:59-01:00"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/expires_at"`},
	{name: "1 MiB of a patch", method: "PATCH", path: "/api/items/1", body: padded(`{"name":""}`, 1<<20), headers: []string{mergePatch}, status: 422, want: `"pointer":"#/name"`},
	{name: "batch", method: "POST", path: "/api/items/batch", body: `[{"name":"b1"},{"name":"b2","attributes":{"n":2}}]`, status: 201, want: `"name":"b2","description":"","attributes":{"n":2}`},
	{name: "nothing of it is there", method: "GET", path: "/api/items?q=b3", status: 200, want: "[]\n"},
	{name: "not modified", method: "GET", path: "/api/items/1", headers: []string{`If-None-Match: "0.0", W/"1.0"`}, status: 304, answers: []string{`Etag: "1.0"`}},
	{name: "not modified, in two lines", method: "GET", path: "/api/items/1", headers: []string{`If-None-Match: "0.0"`, `If-None-Match: "1.0"`}, status: 304},
	{name: "modified", method: "GET", path: "/api/items/1", headers: []string{`If-None-Match: "0.0"`}, status: 200},
	{name: "merge patch", method: "PATCH", path: "/api/items/2", body: `{"description":null,"attributes":{"z":null,"a":{"c":1}},"expires_at":null}`, headers: []string{mergePatch, `If-Match: "1.0"`}, status: 200,
		want: `"name":"Zoë 😀","description":"","attributes":{"a":{"b":[1.50,null],"c":1}},"status":"active","expires_at":null`, answers: []string{`Etag: "2.0"`}},
	{name: "patch as plain JSON", method: "PATCH", path: "/api/items/2", body: `{"name":"Renamed"}`, status: 200, want: `"name":"Renamed"`},
	{name: "patch of nothing", method: "PATCH", path: "/api/items/2", body: `{}`, headers: []string{mergePatch}, status: 200},
	{name: "lost update refused", method: "PATCH", path: "/api/items/2", body: `{"name":"late"}`, headers: []string{mergePatch, `If-Match: "1.0"`}, status: 412, want: "precondition-failed", answers: []string{problemJSON}},
	{name: "a weak tag never matches", method: "PATCH", path: "/api/items/2", body: `{"name":"late"}`, headers: []string{mergePatch, `If-Match: W/"4.0"`}, status: 412},
	{name: "the enriched version does not conflict", method: "PATCH", path: "/api/items/2", body: `{"name":"again"}`, headers: []string{mergePatch, `If-Match: "4.4"`}, status: 200},
	{name: "name taken away", method: "PATCH", path: "/api/items/2", body: `{"name":null}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/name"`},
	{name: "patch a missing one", method: "PATCH", path: "/api/items/99", body: `{}`, headers: []string{mergePatch}, status: 404},

	{name: "delete refused", method: "DELETE", path: "/api/items/3", headers: []string{`If-Match: "9.0"`}, status: 412},
	{name: "delete", method: "DELETE", path: "/api/items/3", headers: []string{`If-Match: "9.0"`, `If-Match: "1.0"`}, status: 204},
	{name: "deleted is gone", method: "GET", path: "/api/items/3", status: 404},
	{name: "delete twice", method: "DELETE", path: "/api/items/3", status: 404},

	{name: "restore", method: "POST", path: "/api/items/3/restore", status: 200, want: `{"id":3,"name":"nulls"`, answers: []string{`Etag: "3.0"`}},
	{name: "restore again", method: "POST", path: "/api/items/3/restore", status: 200, want: `"version":3,`, answers: []string{`Etag: "3.0"`}},
	{name: "restored is there", method: "GET", path: "/api/items/3", status: 200, want: `{"id":3,"name":"nulls"`},
	{name: "restore a missing one", method: "POST", path: "/api/items/99/restore", status: 404, want: `"detail":"Item not found"`, answers: []string{problemJSON}},
	{name: "delete what was restored", method: "DELETE", path: "/api/items/3", headers: []string{`If-Match: "3.0"`}, status: 204},

	{name: "search in any case", method: "GET", path: "/api/items?q=SAMPL", status: 200, want: `[{"id":1,`},
	{name: "search two characters", method: "GET", path: "/api/items?q=B1", status: 200, want: `"name":"b1"`},
	{name: "search takes no pattern", method: "GET", path: "/api/items?q=%25", status: 200, want: "[]\n"},
	{name: "search a quote", method: "GET", path: `/api/items?q=%22a%27%5C_b`, status: 200, want: "[]\n"},
	{name: "status", method: "GET", path: "/api/items?status=expired", status: 200, want: "[]\n"},
	{name: "duplicates of one that has none", method: "GET", path: "/api/items?duplicate_of=1", status: 200, want: "[]\n"},
	{name: "created before all time", method: "GET", path: "/api/items?created_before=0001-01-01T00:00:00Z", status: 200, want: "[]\n"},
	{name: "created between", method: "GET", path: "/api/items?created_after=2026-01-02T03:04:05Z&created_before=2026-01-02T03:04:07Z", status: 200, want: `[{"id":1,`},
	{name: "total on request", method: "GET", path: "/api/items?limit=1&total=true", status: 200, answers: []string{"X-Total-Count: 7"}},
	{name: "the last instant there is", method: "PATCH", path: "/api/items/1", body: `{"expires_at":"9999-12-31T23:59:59.9999999Z"}`, headers: []string{mergePatch}, status: 200, want: `"expires_at":"9999-12-31T23:59:59.999999Z"`},
	{name: "the first", method: "PATCH", path: "/api/items/2", body: `{"expires_at":"0001-01-01T00:00:00Z"}`, headers: []string{mergePatch}, status: 200, want: `"expires_at":"0001-01-01T00:00:00.000000Z"`},
	{name: "both are listed", method: "GET", path: "/api/items?limit=2", status: 200, want: `"expires_at":"9999-12-31T23:59:59.999999Z"`},

	{name: "no schedules", method: "GET", path: "/api/schedules", status: 200, want: "[]\n"},
	{name: "no runs", method: "GET", path: "/api/runs", status: 200, want: "[]\n"},
	{name: "no workers", method: "GET", path: "/api/workers", status: 200, want: "[]\n"},
}

// padded is JSON with blanks after it, n bytes in all.
func padded(text string, n int) string { return text + strings.Repeat(" ", n-len(text)) }

func TestContract(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		newHarness(t, db).follow(contract)
	})
}

// TestDialectsAnswerTheSameBytes sends the contract to both dialects, and
// every list in every order.
func TestDialectsAnswerTheSameBytes(t *testing.T) {
	t.Parallel()
	lite, post := newHarness(t, testdb.New(t, "sqlite")), newHarness(t, testdb.New(t, "postgres"))
	steps := slices.Clone(contract)
	for _, sort := range sorts {
		steps = append(steps, step{name: "sorted by " + sort, method: "GET", path: "/api/items?limit=3&sort=" + sort})
	}
	// Texts in which dialects could differ.
	for _, name := range []string{"É", "é", "ß", "a", "B", "Ā", "ﬀ", "Ω", "z\u0301", "日本語", `"`, `'`, `\`, "%", "_"} {
		steps = append(steps, step{name: "create " + name, method: "POST", path: "/api/items", body: `{"name":` + quote(name) + `}`})
	}
	for _, q := range []string{"é", "É", "SS", "ss", "ff", "日本", "日本語", "%27", "%5C", "_", "z%CC%81"} {
		steps = append(steps, step{name: "search " + q, method: "GET", path: "/api/items?sort=name&q=" + q})
	}
	compare(t, lite, post, steps)
}

// compare sends steps to both and wants the same answers, whole.
func compare(t *testing.T, lite, post *harness, steps []step) {
	t.Helper()
	for _, s := range steps {
		headers := append(slices.Clone(s.headers), "X-Request-Id: fixed")
		a, b := lite.do(s.method, s.path, s.body, headers...), post.do(s.method, s.path, s.body, headers...)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: answers differ (-sqlite +postgres):\n%s", s.name, diff)
		}
	}
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// TestProblemsRepeatNothing sends a secret wherever a client can put one.
func TestProblemsRepeatNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	seed(t, db)
	h := newHarness(t, db)
	const secret = "hunter2marker"
	long := strings.Repeat(secret, 200)
	for _, s := range []step{
		{method: "POST", path: "/api/items", body: `{"name":"` + secret},
		{method: "POST", path: "/api/items", body: secret},
		{method: "POST", path: "/api/items", body: `"` + secret + `"`},
		{method: "POST", path: "/api/items", body: `{"name":"` + long + `"}`},
		{method: "POST", path: "/api/items", body: `{"name":["` + secret + `"]}`},
		{method: "POST", path: "/api/items", body: `{"name":"a","expires_at":"` + secret + `"}`},
		{method: "POST", path: "/api/items", body: `{"name":"` + secret + `\u0000","attributes":{"` + secret + `\u0000":"` + secret + `"}}`},
		{method: "POST", path: "/api/items", body: "x", headers: []string{"Content-Type: text/" + secret}},
		{method: "PATCH", path: "/api/items/1", body: `{"description":5,"attributes":"` + secret + `"}`},
		{method: "GET", path: "/api/items?sort=" + secret + "&limit=" + secret + "&cursor=" + secret + "&created_after=" + secret + "&q=" + long},
		{method: "GET", path: "/api/items/" + secret},
		{method: "GET", path: "/api/schedules/" + secret},
		{method: "PATCH", path: "/api/schedules/items.expire", body: `{"cron":"` + secret + `","time_zone":"` + secret + `","missed_policy":"` + secret + `","paused":"` + secret + `"}`},
		{method: "PATCH", path: "/api/schedules/items.expire", body: `{"cron":"` + secret + `","time_zone":"` + secret + `"}`},
		{method: "POST", path: "/api/schedules/" + secret + "/runs"},
		{method: "GET", path: "/api/runs?task=%00" + secret},
		{method: "GET", path: "/api/runs?cursor=" + secret + "&state=" + secret + "&limit=" + secret},
		{method: "POST", path: "/api/runs/" + secret + "/retry"},
		{method: "GET", path: "/api/stats/items?days=" + secret},
		{method: "GET", path: "/" + secret},
		{method: "GET", path: "/api/items/1", headers: []string{"X-Request-Id: " + secret + " with spaces"}},
	} {
		a := h.do(s.method, s.path, s.body, s.headers...)
		if a.Status < 400 {
			t.Errorf("%s %.60s %.60s: status %d", s.method, s.path, s.body, a.Status)
		}
		if strings.Contains(a.Body, secret) || strings.Contains(strings.Join(headerValues(a.Header), "\n"), secret) {
			t.Errorf("%s %.60s %.60s: repeated: %.300s", s.method, s.path, s.body, a.Body)
		}
		if id := decode[struct{ Instance string }](t, a.Body).Instance; id == "" || id != a.Header.Get("X-Request-Id") {
			t.Errorf("instance %q is not the request's id %q", id, a.Header.Get("X-Request-Id"))
		}
	}
	h.server.Close() // the log is complete then
	if strings.Contains(h.log.String(), secret) {
		t.Errorf("logged: %s", h.log)
	}
}

func headerValues(h http.Header) []string {
	var all []string
	for _, values := range h {
		all = append(all, values...)
	}
	return all
}

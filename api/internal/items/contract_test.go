package items_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// contract is the API as its clients rely on it.
var contract = slices.Concat(life, anytime)

// anytime has steps that hold for every API, with any rows in its database.
var anytime = []apitest.Step{
	{Name: "get 0", Method: "GET", Path: "/api/items/0", Status: 404},
	{Name: "id is not a number", Method: "GET", Path: "/api/items/abc", Status: 422, Want: `{"detail":"must be a whole number","parameter":"id"}`},
	{Name: "id is too large", Method: "GET", Path: "/api/items/9223372036854775808", Status: 422},
	{Name: "name missing", Method: "POST", Path: "/api/items", Body: `{}`, Status: 422, Want: `"errors":[{"detail":"is required","pointer":"#/name"}]`, Answers: []string{apitest.ProblemJSON}},
	{Name: "name empty", Method: "POST", Path: "/api/items", Body: `{"name":""}`, Status: 422, Want: `"pointer":"#/name"`},
	{Name: "name blank", Method: "POST", Path: "/api/items", Body: `{"name":" \t"}`, Status: 422, Want: `must contain a visible character`},
	{Name: "name not a string", Method: "POST", Path: "/api/items", Body: `{"name":5}`, Status: 422, Want: `{"detail":"must be string","pointer":"#/name"}`},
	{Name: "name null", Method: "POST", Path: "/api/items", Body: `{"name":null}`, Status: 422, Want: `"pointer":"#/name"`},
	{Name: "256 characters", Method: "POST", Path: "/api/items", Body: `{"name":"` + strings.Repeat("x", 256) + `"}`, Status: 422, Want: `"pointer":"#/name"`},
	{Name: "NUL in the name", Method: "POST", Path: "/api/items", Body: `{"name":"a\u0000b"}`, Status: 422, Want: `must not contain the NUL character`},
	{Name: "NUL in the attributes", Method: "POST", Path: "/api/items", Body: `{"name":"a","attributes":{"k":["\u0000"]}}`, Status: 422, Want: `"pointer":"#/attributes"`},
	{Name: "attributes not an object", Method: "POST", Path: "/api/items", Body: `{"name":"a","attributes":[1]}`, Status: 422, Want: `"pointer":"#/attributes"`},
	{Name: "unknown field", Method: "POST", Path: "/api/items", Body: `{"name":"a","colour":"red"}`, Status: 422, Want: `{"detail":"is not a known field","pointer":"#/colour"}`},
	{Name: "no time", Method: "POST", Path: "/api/items", Body: `{"name":"a","expires_at":"tomorrow"}`, Status: 422, Want: `"pointer":"#/expires_at"`},
	{Name: "a year past 9999 in UTC", Method: "POST", Path: "/api/items", Body: `{"name":"a","expires_at":"9999-12-31T23:59:59-01:00"}`, Status: 422, Want: `"pointer":"#/expires_at"`},
	{Name: "a year before 1 in UTC", Method: "POST", Path: "/api/items", Body: `{"name":"a","expires_at":"0001-01-01T00:00:00+01:00"}`, Status: 422, Want: `"pointer":"#/expires_at"`},
	{Name: "year 0", Method: "POST", Path: "/api/items", Body: `{"name":"a","expires_at":"0000-06-01T00:00:00Z"}`, Status: 422, Want: `"pointer":"#/expires_at"`},
	{Name: "such a year in a filter", Method: "GET", Path: "/api/items?created_before=9999-12-31T23:59:59-01:00&created_after=0000-06-01T00:00:00Z", Status: 422, Want: `{"detail":"must lie in the years 1 to 9999, in UTC","parameter":"created_after"},{"detail":"must lie in the years 1 to 9999, in UTC","parameter":"created_before"}`},
	{Name: "not an object", Method: "POST", Path: "/api/items", Body: `[]`, Status: 422},
	{Name: "malformed JSON", Method: "POST", Path: "/api/items", Body: `{"name":`, Status: 400, Want: `"type":"urn:fualab:problem:malformed"`, Answers: []string{apitest.ProblemJSON}},
	{Name: "no body", Method: "POST", Path: "/api/items", Status: 400},
	{Name: "invalid UTF-8", Method: "POST", Path: "/api/items", Body: "{\"name\":\"\xff\"}", Status: 400, Want: "not valid UTF-8"},
	{Name: "half a surrogate pair", Method: "POST", Path: "/api/items", Body: `{"name":"\ud800"}`, Status: 400, Want: "surrogate"},
	{Name: "wrong content type", Method: "POST", Path: "/api/items", Body: `name=Sample`, Headers: []string{"Content-Type: application/x-www-form-urlencoded"}, Status: 415, Answers: []string{apitest.ProblemJSON}},
	{Name: "1 MiB", Method: "POST", Path: "/api/items", Body: apitest.Padded(`{"name":""}`, 1<<20), Status: 422, Want: `"pointer":"#/name"`},
	{Name: "over 1 MiB", Method: "POST", Path: "/api/items", Body: apitest.Padded(`{"name":"a"}`, 1<<20+1), Status: 413, Answers: []string{apitest.ProblemJSON}},
	{Name: "far over 1 MiB", Method: "POST", Path: "/api/items", Body: apitest.Padded(`{"name":"a"}`, 32<<20), Status: 413, Answers: []string{apitest.ProblemJSON}},
	{Name: "over 1 MiB of a patch", Method: "PATCH", Path: "/api/items/1", Body: apitest.Padded(`{"name":"a"}`, 1<<20+1), Headers: []string{apitest.MergePatch}, Status: 413, Answers: []string{apitest.ProblemJSON}},
	{Name: "8 MiB of a batch", Method: "POST", Path: "/api/items/batch", Body: apitest.Padded(`[]`, 8<<20), Status: 422},
	{Name: "over 8 MiB of a batch", Method: "POST", Path: "/api/items/batch", Body: apitest.Padded(`[]`, 8<<20+1), Status: 413, Answers: []string{apitest.ProblemJSON}},
	{Name: "batch is all or nothing", Method: "POST", Path: "/api/items/batch", Body: `[{"name":"b3"},{"name":""},{"name":"\u0000"}]`, Status: 422, Want: `"pointer":"#/1/name"`},
	{Name: "batch of none", Method: "POST", Path: "/api/items/batch", Body: `[]`, Status: 422},
	{Name: "batch of null", Method: "POST", Path: "/api/items/batch", Body: `null`, Status: 422},
	{Name: "batch of 1001", Method: "POST", Path: "/api/items/batch", Body: `[` + strings.Repeat(`{"name":"x"},`, 1000) + `{"name":"x"}]`, Status: 422},
	{Name: "restore 0", Method: "POST", Path: "/api/items/0/restore", Status: 404},
	{Name: "method not allowed on a restore", Method: "GET", Path: "/api/items/3/restore", Status: 405, Answers: []string{"Allow: POST"}},
	{Name: "search NUL", Method: "GET", Path: "/api/items?q=%00", Status: 422, Want: `"parameter":"q"`},
	{Name: "duplicates of 0", Method: "GET", Path: "/api/items?duplicate_of=0", Status: 422, Want: `"parameter":"duplicate_of"`},
	{Name: "duplicates of no number", Method: "GET", Path: "/api/items?duplicate_of=x", Status: 422, Want: `"parameter":"duplicate_of"`},
	{Name: "limit 0", Method: "GET", Path: "/api/items?limit=0", Status: 422, Want: `"parameter":"limit"`},
	{Name: "limit 1001", Method: "GET", Path: "/api/items?limit=1001", Status: 422},
	{Name: "unknown sort", Method: "GET", Path: "/api/items?sort=colour", Status: 422, Want: `"parameter":"sort"`},
	{Name: "unknown parameter", Method: "GET", Path: "/api/items?staus=active", Status: 422, Want: `"parameter":"staus"`},
	{Name: "no cursor", Method: "GET", Path: "/api/items?cursor=abc", Status: 422, Want: `"parameter":"cursor"`},
	{Name: "method not allowed on a list", Method: "DELETE", Path: "/api/items", Status: 405, Answers: []string{apitest.ProblemJSON, "Allow: GET, HEAD, POST"}},
	{Name: "method not allowed on an item", Method: "PUT", Path: "/api/items/1", Body: `{}`, Status: 405, Answers: []string{"Allow: GET, HEAD, PATCH, DELETE"}},
}

// life has the steps of an API that begins on an empty database, in the order
// of the requests.
var life = []apitest.Step{
	{Name: "empty list", Method: "GET", Path: "/api/items", Status: 200, Want: "[]\n"},

	{Name: "create", Method: "POST", Path: "/api/items", Body: `{"name":"Sample"}`, Status: 201,
		Want:    `{"id":1,"name":"Sample","description":"","attributes":{},"status":"active","expires_at":null,"slug":null,"fingerprint":null,"duplicate_of":null,"version":1,"enriched":false,"created_at":"2026-01-02T03:04:06.234567Z","updated_at":"2026-01-02T03:04:06.234567Z","external_id":null}`,
		Answers: []string{"Location: /api/items/1", `Etag: "1.0"`, "Content-Type: application/json", "X-Content-Type-Options: nosniff"}},
	{Name: "list holds it", Method: "GET", Path: "/api/items", Status: 200, Want: `[{"id":1,"name":"Sample"`},
	{Name: "get", Method: "GET", Path: "/api/items/1", Status: 200, Want: `{"id":1,"name":"Sample"`, Answers: []string{`Etag: "1.0"`}},
	{Name: "head", Method: "HEAD", Path: "/api/items/1", Status: 200, Answers: []string{`Etag: "1.0"`}},
	{Name: "get a missing one", Method: "GET", Path: "/api/items/99", Status: 404, Want: `"detail":"Item not found"`, Answers: []string{apitest.ProblemJSON}},
	{Name: "create with everything", Method: "POST", Path: "/api/items",
		Body:   `{"name":"Zoë 😀","description":"two\nlines","attributes":{"z":1e2,"a":{"b":[1.50,null]}},"expires_at":"2030-01-31T12:00:00.1234567+02:00"}`,
		Status: 201, Want: `"name":"Zoë 😀","description":"two\nlines","attributes":{"a":{"b":[1.50,null]},"z":100},"status":"active","expires_at":"2030-01-31T10:00:00.123456Z"`},
	{Name: "null for what is optional", Method: "POST", Path: "/api/items", Body: `{"name":"nulls","description":null,"attributes":null,"expires_at":null}`, Status: 201, Want: `"attributes":{}`},
	{Name: "no content type", Method: "POST", Path: "/api/items", Body: `{"name":"bare"}`, Headers: []string{"Content-Type: "}, Status: 201},
	{Name: "markup is text", Method: "POST", Path: "/api/items", Body: `{"name":"<script>&"}`, Status: 201, Want: `"name":"<script>&"`},
	{Name: "255 characters of four bytes", Method: "POST", Path: "/api/items", Body: `{"name":"` + strings.Repeat("😀", 255) + `"}`, Status: 201},

	{Name: "such a year in a patch", Method: "PATCH", Path: "/api/items/1", Body: `{"expires_at":"9999-12-31T23:59:59-01:00"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/expires_at"`},
	{Name: "1 MiB of a patch", Method: "PATCH", Path: "/api/items/1", Body: apitest.Padded(`{"name":""}`, 1<<20), Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/name"`},
	{Name: "batch", Method: "POST", Path: "/api/items/batch", Body: `[{"name":"b1"},{"name":"b2","attributes":{"n":2}}]`, Status: 201, Want: `"name":"b2","description":"","attributes":{"n":2}`},
	{Name: "nothing of it is there", Method: "GET", Path: "/api/items?q=b3", Status: 200, Want: "[]\n"},
	{Name: "not modified", Method: "GET", Path: "/api/items/1", Headers: []string{`If-None-Match: "0.0", W/"1.0"`}, Status: 304, Answers: []string{`Etag: "1.0"`}},
	{Name: "not modified, in two lines", Method: "GET", Path: "/api/items/1", Headers: []string{`If-None-Match: "0.0"`, `If-None-Match: "1.0"`}, Status: 304},
	{Name: "modified", Method: "GET", Path: "/api/items/1", Headers: []string{`If-None-Match: "0.0"`}, Status: 200},
	{Name: "merge patch", Method: "PATCH", Path: "/api/items/2", Body: `{"description":null,"attributes":{"z":null,"a":{"c":1}},"expires_at":null}`, Headers: []string{apitest.MergePatch, `If-Match: "1.0"`}, Status: 200,
		Want: `"name":"Zoë 😀","description":"","attributes":{"a":{"b":[1.50,null],"c":1}},"status":"active","expires_at":null`, Answers: []string{`Etag: "2.0"`}},
	{Name: "patch as plain JSON", Method: "PATCH", Path: "/api/items/2", Body: `{"name":"Renamed"}`, Status: 200, Want: `"name":"Renamed"`},
	{Name: "patch of nothing", Method: "PATCH", Path: "/api/items/2", Body: `{}`, Headers: []string{apitest.MergePatch}, Status: 200},
	{Name: "lost update refused", Method: "PATCH", Path: "/api/items/2", Body: `{"name":"late"}`, Headers: []string{apitest.MergePatch, `If-Match: "1.0"`}, Status: 412, Want: "precondition-failed", Answers: []string{apitest.ProblemJSON}},
	{Name: "a weak tag never matches", Method: "PATCH", Path: "/api/items/2", Body: `{"name":"late"}`, Headers: []string{apitest.MergePatch, `If-Match: W/"4.0"`}, Status: 412},
	{Name: "the enriched version does not conflict", Method: "PATCH", Path: "/api/items/2", Body: `{"name":"again"}`, Headers: []string{apitest.MergePatch, `If-Match: "4.4"`}, Status: 200},
	{Name: "name taken away", Method: "PATCH", Path: "/api/items/2", Body: `{"name":null}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/name"`},
	{Name: "patch a missing one", Method: "PATCH", Path: "/api/items/99", Body: `{}`, Headers: []string{apitest.MergePatch}, Status: 404},

	{Name: "delete refused", Method: "DELETE", Path: "/api/items/3", Headers: []string{`If-Match: "9.0"`}, Status: 412},
	{Name: "delete", Method: "DELETE", Path: "/api/items/3", Headers: []string{`If-Match: "9.0"`, `If-Match: "1.0"`}, Status: 204},
	{Name: "deleted is gone", Method: "GET", Path: "/api/items/3", Status: 404},
	{Name: "delete twice", Method: "DELETE", Path: "/api/items/3", Status: 404},

	{Name: "restore", Method: "POST", Path: "/api/items/3/restore", Status: 200, Want: `{"id":3,"name":"nulls"`, Answers: []string{`Etag: "3.0"`}},
	{Name: "restore again", Method: "POST", Path: "/api/items/3/restore", Status: 200, Want: `"version":3,`, Answers: []string{`Etag: "3.0"`}},
	{Name: "restored is there", Method: "GET", Path: "/api/items/3", Status: 200, Want: `{"id":3,"name":"nulls"`},
	{Name: "restore a missing one", Method: "POST", Path: "/api/items/99/restore", Status: 404, Want: `"detail":"Item not found"`, Answers: []string{apitest.ProblemJSON}},
	{Name: "delete what was restored", Method: "DELETE", Path: "/api/items/3", Headers: []string{`If-Match: "3.0"`}, Status: 204},

	{Name: "search in any case", Method: "GET", Path: "/api/items?q=SAMPL", Status: 200, Want: `[{"id":1,`},
	{Name: "search two characters", Method: "GET", Path: "/api/items?q=B1", Status: 200, Want: `"name":"b1"`},
	{Name: "search takes no pattern", Method: "GET", Path: "/api/items?q=%25", Status: 200, Want: "[]\n"},
	{Name: "search a quote", Method: "GET", Path: `/api/items?q=%22a%27%5C_b`, Status: 200, Want: "[]\n"},
	{Name: "status", Method: "GET", Path: "/api/items?status=expired", Status: 200, Want: "[]\n"},
	{Name: "duplicates of one that has none", Method: "GET", Path: "/api/items?duplicate_of=1", Status: 200, Want: "[]\n"},
	{Name: "created before all time", Method: "GET", Path: "/api/items?created_before=0001-01-01T00:00:00Z", Status: 200, Want: "[]\n"},
	{Name: "created between", Method: "GET", Path: "/api/items?created_after=2026-01-02T03:04:05Z&created_before=2026-01-02T03:04:07Z", Status: 200, Want: `[{"id":1,`},
	{Name: "total on request", Method: "GET", Path: "/api/items?limit=1&total=true", Status: 200, Answers: []string{"X-Total-Count: 7"}},
	{Name: "the last instant there is", Method: "PATCH", Path: "/api/items/1", Body: `{"expires_at":"9999-12-31T23:59:59.9999999Z"}`, Headers: []string{apitest.MergePatch}, Status: 200, Want: `"expires_at":"9999-12-31T23:59:59.999999Z"`},
	{Name: "the first", Method: "PATCH", Path: "/api/items/2", Body: `{"expires_at":"0001-01-01T00:00:00Z"}`, Headers: []string{apitest.MergePatch}, Status: 200, Want: `"expires_at":"0001-01-01T00:00:00.000000Z"`},
	{Name: "both are listed", Method: "GET", Path: "/api/items?limit=2", Status: 200, Want: `"expires_at":"9999-12-31T23:59:59.999999Z"`},
}

func TestContract(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.NewHarness(t, db).Follow(contract)
	})
}

// TestDialectsAnswerTheSameBytes sends the contract to both dialects, and
// every list in every order.
func TestDialectsAnswerTheSameBytes(t *testing.T) {
	t.Parallel()
	lite, post := apitest.NewHarness(t, testdb.New(t, "sqlite")), apitest.NewHarness(t, testdb.New(t, "postgres"))
	steps := slices.Clone(contract)
	for _, sort := range sorts {
		steps = append(steps, apitest.Step{Name: "sorted by " + sort, Method: "GET", Path: "/api/items?limit=3&sort=" + sort})
	}
	// Texts in which dialects could differ.
	for _, name := range []string{"É", "é", "ß", "a", "B", "Ā", "ﬀ", "Ω", "z\u0301", "日本語", `"`, `'`, `\`, "%", "_"} {
		steps = append(steps, apitest.Step{Name: "create " + name, Method: "POST", Path: "/api/items", Body: `{"name":` + quote(name) + `}`})
	}
	for _, q := range []string{"é", "É", "SS", "ss", "ff", "日本", "日本語", "%27", "%5C", "_", "z%CC%81"} {
		steps = append(steps, apitest.Step{Name: "search " + q, Method: "GET", Path: "/api/items?sort=name&q=" + q})
	}
	apitest.Compare(t, lite, post, steps)
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// TestProblemsRepeatNothing sends a secret wherever a client can put one.
func TestProblemsRepeatNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	apitest.Seed(t, db)
	h := apitest.NewHarness(t, db)
	const secret = "hunter2marker"
	long := strings.Repeat(secret, 200)
	for _, s := range []apitest.Step{
		{Method: "POST", Path: "/api/items", Body: `{"name":"` + secret},
		{Method: "POST", Path: "/api/items", Body: secret},
		{Method: "POST", Path: "/api/items", Body: `"` + secret + `"`},
		{Method: "POST", Path: "/api/items", Body: `{"name":"` + long + `"}`},
		{Method: "POST", Path: "/api/items", Body: `{"name":["` + secret + `"]}`},
		{Method: "POST", Path: "/api/items", Body: `{"name":"a","expires_at":"` + secret + `"}`},
		{Method: "POST", Path: "/api/items", Body: `{"name":"` + secret + `\u0000","attributes":{"` + secret + `\u0000":"` + secret + `"}}`},
		{Method: "POST", Path: "/api/items", Body: "x", Headers: []string{"Content-Type: text/" + secret}},
		{Method: "PATCH", Path: "/api/items/1", Body: `{"description":5,"attributes":"` + secret + `"}`},
		{Method: "GET", Path: "/api/items?sort=" + secret + "&limit=" + secret + "&cursor=" + secret + "&created_after=" + secret + "&q=" + long},
		{Method: "GET", Path: "/api/items/" + secret},
		{Method: "GET", Path: "/api/schedules/" + secret},
		{Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"cron":"` + secret + `","time_zone":"` + secret + `","missed_policy":"` + secret + `","paused":"` + secret + `"}`},
		{Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"cron":"` + secret + `","time_zone":"` + secret + `"}`},
		{Method: "POST", Path: "/api/schedules/" + secret + "/runs"},
		{Method: "GET", Path: "/api/runs?task=%00" + secret},
		{Method: "GET", Path: "/api/runs?cursor=" + secret + "&state=" + secret + "&limit=" + secret},
		{Method: "POST", Path: "/api/runs/" + secret + "/retry"},
		{Method: "GET", Path: "/api/stats/items?days=" + secret},
		{Method: "GET", Path: "/" + secret},
		{Method: "GET", Path: "/api/items/1", Headers: []string{"X-Request-Id: " + secret + " with spaces"}},
	} {
		a := h.Do(s.Method, s.Path, s.Body, s.Headers...)
		if a.Status < 400 {
			t.Errorf("%s %.60s %.60s: status %d", s.Method, s.Path, s.Body, a.Status)
		}
		if strings.Contains(a.Body, secret) || strings.Contains(strings.Join(headerValues(a.Header), "\n"), secret) {
			t.Errorf("%s %.60s %.60s: repeated: %.300s", s.Method, s.Path, s.Body, a.Body)
		}
		if id := apitest.Decode[struct{ Instance string }](t, a.Body).Instance; id == "" || id != a.Header.Get("X-Request-Id") {
			t.Errorf("instance %q is not the request's id %q", id, a.Header.Get("X-Request-Id"))
		}
	}
	h.Server.Close() // the log is complete then
	if strings.Contains(h.Log.String(), secret) {
		t.Errorf("logged: %s", h.Log)
	}
}

func headerValues(h http.Header) []string {
	var all []string
	for _, values := range h {
		all = append(all, values...)
	}
	return all
}

// item is the part of an item that tests look at.
type item struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"version"`
}

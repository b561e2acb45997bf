package api_test

import (
	"slices"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// always has the steps that each API passes, with any rows in its database.
var always = []apitest.Step{
	{Name: "no redirect", Method: "GET", Path: "//api/runs", Status: 404, Want: "urn:fualab:problem:not-found", Answers: []string{apitest.ProblemJSON}},
	{Name: "no such asset", Method: "GET", Path: "/docs/nothing.js", Status: 404, Want: "urn:fualab:problem:not-found", Answers: []string{apitest.ProblemJSON}},
	{Name: "no such path", Method: "GET", Path: "/api/nothing", Status: 404, Want: "urn:fualab:problem:not-found", Answers: []string{apitest.ProblemJSON}},
	{Name: "method not allowed on health", Method: "POST", Path: "/health", Status: 405, Answers: []string{"Allow: GET, HEAD"}},
	{Name: "documentation", Method: "GET", Path: "/docs", Status: 200, Want: "swagger-ui",
		Answers: []string{"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}},
	{Name: "its assets", Method: "GET", Path: "/docs/swagger-ui.css", Status: 200},
	{Name: "its own script", Method: "GET", Path: "/docs/start.js", Status: 200, Want: "SwaggerUIBundle", Answers: []string{"Content-Type: text/javascript; charset=utf-8"}},
	{Name: "OpenAPI", Method: "GET", Path: "/openapi.json", Status: 200, Want: `"openapi": "3.1.0"`},
}

// empty has the steps of an API that begins on an empty database.
var empty = []apitest.Step{
	{Name: "live", Method: "GET", Path: "/health", Status: 200, Want: `{"status":"ok","service":"FUALab API","version":"dev"}`},
	{Name: "live below /api", Method: "GET", Path: "/api/health", Status: 200},
	{Name: "no schedules", Method: "GET", Path: "/api/schedules", Status: 200, Want: "[]\n"},
	{Name: "no runs", Method: "GET", Path: "/api/runs", Status: 200, Want: "[]\n"},
	{Name: "no workers", Method: "GET", Path: "/api/workers", Status: 200, Want: "[]\n"},
}

// readings has the answers of the platform of seed about itself.
var readings = []apitest.Step{
	{Name: "schedules", Method: "GET", Path: "/api/schedules", Status: 200,
		Want: `[{"name":"rows.expire","summary":"Does rows.expire.","cron":"* * * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":false,"next_run_at":"2026-01-02T03:05:00.000000Z",` +
			`"last_run":{"id":6,"state":"available","started_at":null,"finished_at":null,"rows_affected":0}},` +
			`{"name":"rows.purge","summary":"Does rows.purge.","cron":"30 2 * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":true,"next_run_at":"2026-01-02T03:05:00.000000Z","last_run":null},` +
			`{"name":"stats.rollup",`},
	{Name: "schedule", Method: "GET", Path: "/api/schedules/stats.rollup", Status: 200,
		Want: `"last_run":{"id":3,"state":"running","started_at":"2026-01-02T03:02:01.000000Z","finished_at":null,"rows_affected":5}}`},
	{Name: "no such schedule", Method: "GET", Path: "/api/schedules/rows.exipre", Status: 404, Want: "GET /api/schedules lists", Answers: []string{apitest.ProblemJSON}},
	{Name: "a schedule no database can hold", Method: "GET", Path: "/api/schedules/%00%FF", Status: 404},

	{Name: "runs, newest first", Method: "GET", Path: "/api/runs?limit=2", Status: 200,
		Want: `[{"id":6,"task":"rows.expire","run_at":"2026-01-02T03:04:00.000000Z","trigger":"schedule","state":"available","attempt":0,"max_attempts":5,"worker":null,"cancel_requested":false,"created_at":"2026-01-02T03:04:00.000000Z","started_at":null,"finished_at":null,"duration_ms":null,"rows_affected":0,"progress":"","errors":[]},` +
			`{"id":5,"task":"foreign","run_at":null,"trigger":"other","state":"scheduled",`},
	{Name: "runs of a task", Method: "GET", Path: "/api/runs?task=rows.enrich", Status: 200, Want: `[{"id":4,"task":"rows.enrich","run_at":null,"trigger":"nudge","state":"retryable"`},
	{Name: "runs of two tasks", Method: "GET", Path: "/api/runs?task=rows.enrich,stats.rollup&limit=1", Status: 200, Want: `[{"id":4,`},
	{Name: "runs in a state", Method: "GET", Path: "/api/runs?state=discarded", Status: 200, Want: `[{"id":2,`},
	{Name: "runs of a task in a state", Method: "GET", Path: "/api/runs?state=discarded&task=rows.enrich", Status: 200, Want: "[]\n"},
	{Name: "the list has no stacks", Method: "GET", Path: "/api/runs?state=completed", Status: 200,
		Want: `"errors":[{"attempt":1,"at":"2026-01-02T03:00:00.500000Z","error":"panic: kaput"}]`},
	{Name: "run", Method: "GET", Path: "/api/runs/1", Status: 200,
		Want: `{"id":1,"task":"rows.expire","run_at":"2026-01-02T03:00:00.000000Z","trigger":"schedule","state":"completed","attempt":2,"max_attempts":5,"worker":"young","cancel_requested":false,` +
			`"created_at":"2026-01-02T03:00:00.100000Z","started_at":"2026-01-02T03:00:01.250000Z","finished_at":"2026-01-02T03:00:03.000000Z","duration_ms":1750,"rows_affected":42,"progress":"",` +
			`"errors":[{"attempt":1,"at":"2026-01-02T03:00:00.500000Z","error":"panic: kaput","trace":"goroutine 1"}]}`},
	{Name: "run with progress", Method: "GET", Path: "/api/runs/3", Status: 200, Want: `"trigger":"manual","state":"running","attempt":1,"max_attempts":5,"worker":"young"`},
	{Name: "its log of progress", Method: "GET", Path: "/api/runs/3", Status: 200,
		Want: `"rows_affected":5,"progress":"5 rows so far","log":[{"at":"2026-01-02T03:02:01.500000Z","attempt":1,"rows_affected":3},{"at":"2026-01-02T03:02:02.500000Z","attempt":1,"rows_affected":5}],"errors":[]}`},
	{Name: "the list has none", Method: "GET", Path: "/api/runs?state=running", Status: 200, Want: `"rows_affected":5,"progress":"5 rows so far","errors":[]}`},
	{Name: "no such run", Method: "GET", Path: "/api/runs/99", Status: 404, Want: `"detail":"There is no run with this id.`, Answers: []string{apitest.ProblemJSON}},
	{Name: "run 0", Method: "GET", Path: "/api/runs/0", Status: 404},
	{Name: "run of no number", Method: "GET", Path: "/api/runs/x", Status: 422, Want: `"parameter":"id"`},
	{Name: "unknown state", Method: "GET", Path: "/api/runs?state=done", Status: 422, Want: `"parameter":"state"`},
	{Name: "a task no database can hold", Method: "GET", Path: "/api/runs?task=a%00", Status: 422, Want: `"parameter":"task"`},
	{Name: "commas alone", Method: "GET", Path: "/api/runs?task=,&limit=1", Status: 200, Want: `[{"id":6,`},
	{Name: "runs limit 0", Method: "GET", Path: "/api/runs?limit=0", Status: 422},
	{Name: "runs limit 1000", Method: "GET", Path: "/api/runs?limit=1000", Status: 200, Answers: []string{"Link: "}},
	{Name: "no cursor", Method: "GET", Path: "/api/runs?cursor=abc", Status: 422, Want: `"parameter":"cursor"`},
	{Name: "unknown parameter", Method: "GET", Path: "/api/runs?tsak=x", Status: 422, Want: `"parameter":"tsak"`},

	{Name: "workers", Method: "GET", Path: "/api/workers", Status: 200,
		Want: `[{"instance":"old","version":"v1","status":"stale","started_at":"2026-01-02T01:00:00.000000Z","last_beat":"2026-01-02T02:00:00.000000Z","lag_ms":12,"running":[]},` +
			`{"instance":"young","version":"v1","status":"ok","started_at":"2026-01-02T03:00:00.000000Z","last_beat":"2026-01-02T03:04:05.000000Z","lag_ms":12,"running":["rows.enrich","rows.enrich"]}]`},
}

// changes are an operator's requests to the platform of seed, in order.
var changes = []apitest.Step{
	{Name: "change the cron", Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"cron":" 30  2\t* * *"}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"cron":"30 2 * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":false,"next_run_at":"2026-01-03T02:30:00.000000Z"`},
	{Name: "change the zone", Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"time_zone":"Europe/Berlin"}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"next_run_at":"2026-01-03T01:30:00.000000Z"`},
	{Name: "change the policies", Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"missed_policy":"all","overlap_policy":"allow"}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"missed_policy":"all","overlap_policy":"allow","paused":false,"next_run_at":"2026-01-03T01:30:00.000000Z"`},
	{Name: "six fields", Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"cron":"*/10 * * * * *"}`, Status: 200, Want: `"cron":"*/10 * * * * *"`},
	{Name: "back to what is declared", Method: "PATCH", Path: "/api/schedules/rows.expire", Body: `{"cron":null,"time_zone":null,"missed_policy":null,"overlap_policy":null}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"cron":"*/5 * * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip"`},
	{Name: "pause", Method: "PATCH", Path: "/api/schedules/stats.rollup", Body: `{"paused":true}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"paused":true,"next_run_at":"2026-01-02T03:05:00.000000Z"`},
	{Name: "the same again changes nothing", Method: "PATCH", Path: "/api/schedules/stats.rollup", Body: `{"paused":true,"cron":"*/5 * * * *","time_zone":"UTC"}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"paused":true,"next_run_at":"2026-01-02T03:05:00.000000Z"`},
	{Name: "resume", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"paused":false}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"paused":false,"next_run_at":"2026-01-03T02:30:00.000000Z"`},
	{Name: "patch of nothing", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{}`, Headers: []string{apitest.MergePatch}, Status: 200,
		Want: `"next_run_at":"2026-01-03T02:30:00.000000Z"`},

	{Name: "bad cron", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"cron":"61 * * * *"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/cron"`, Answers: []string{apitest.ProblemJSON}},
	{Name: "never due", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"cron":"0 0 31 2 *"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/cron"`},
	{Name: "four fields", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"cron":"* * * *"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `five fields`},
	{Name: "bad zone", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"time_zone":"Europe/Brelin"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/time_zone"`},
	{Name: "both bad", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"cron":"\u0000","time_zone":"../x"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/time_zone"},{"detail":"a cron`},
	{Name: "empty zone", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"time_zone":""}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/time_zone"`},
	{Name: "unknown missed policy", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"missed_policy":"twice"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/missed_policy"`},
	{Name: "unknown overlap policy", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"overlap_policy":"once"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/overlap_policy"`},
	{Name: "paused taken away", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"paused":null}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/paused"`},
	{Name: "paused in words", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"paused":"yes"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/paused"`},
	{Name: "what cannot be changed", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: `{"next_run_at":"2030-01-01T00:00:00Z"}`, Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/next_run_at"`},
	{Name: "1 MiB", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: apitest.Padded(`{"cron":""}`, 1<<20), Headers: []string{apitest.MergePatch}, Status: 422, Want: `"pointer":"#/cron"`},
	{Name: "over 1 MiB", Method: "PATCH", Path: "/api/schedules/rows.purge", Body: apitest.Padded(`{"cron":""}`, 1<<20+1), Headers: []string{apitest.MergePatch}, Status: 413, Answers: []string{apitest.ProblemJSON}},
	{Name: "nothing of it is there", Method: "GET", Path: "/api/schedules/rows.purge", Status: 200, Want: `"cron":"30 2 * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":false,"next_run_at":"2026-01-03T02:30:00.000000Z"`},
	{Name: "patch a missing one", Method: "PATCH", Path: "/api/schedules/none", Body: `{"paused":true}`, Headers: []string{apitest.MergePatch}, Status: 404, Want: "GET /api/schedules lists"},
	{Name: "run a missing one", Method: "POST", Path: "/api/schedules/none/runs", Status: 404, Want: "GET /api/schedules lists"},

	{Name: "cancel what has completed", Method: "POST", Path: "/api/runs/1/cancel", Status: 409, Want: "urn:fualab:problem:conflict", Answers: []string{apitest.ProblemJSON}},
	{Name: "cancel what is discarded", Method: "POST", Path: "/api/runs/2/cancel", Status: 409},
	{Name: "cancel what is missing", Method: "POST", Path: "/api/runs/99/cancel", Status: 404, Want: `"detail":"There is no run with this id.`},
	{Name: "cancel what is running", Method: "POST", Path: "/api/runs/3/cancel", Status: 200, Want: `"state":"running","attempt":1,"max_attempts":5,"worker":"young","cancel_requested":true`},
	{Name: "retry what is running", Method: "POST", Path: "/api/runs/3/retry", Status: 409, Want: "urn:fualab:problem:conflict", Answers: []string{apitest.ProblemJSON}},
	{Name: "retry what waits", Method: "POST", Path: "/api/runs/6/retry", Status: 409},
	{Name: "retry what will be retried", Method: "POST", Path: "/api/runs/4/retry", Status: 409},
	{Name: "retry what is missing", Method: "POST", Path: "/api/runs/99/retry", Status: 404, Want: `"detail":"There is no run with this id.`},
	{Name: "retry what is discarded", Method: "POST", Path: "/api/runs/2/retry", Status: 200,
		Want: `{"id":2,"task":"rows.expire","run_at":"2026-01-02T03:01:00.000000Z","trigger":"schedule","state":"available","attempt":1,"max_attempts":2,"worker":"old","cancel_requested":false,"created_at":"2026-01-02T03:01:00.000000Z","started_at":"2026-01-02T03:01:00.000000Z","finished_at":null,"duration_ms":null,`},
	{Name: "and only once", Method: "POST", Path: "/api/runs/2/retry", Status: 409},
	{Name: "retry what has completed", Method: "POST", Path: "/api/runs/1/retry", Status: 200, Want: `"state":"available","attempt":2,"max_attempts":5`},
	{Name: "retry with a body", Method: "POST", Path: "/api/runs/99/retry", Body: `{}`, Status: 404},
	{Name: "method not allowed on runs", Method: "POST", Path: "/api/runs", Status: 405, Answers: []string{"Allow: GET, HEAD"}},
	{Name: "method not allowed on a retry", Method: "GET", Path: "/api/runs/1/retry", Status: 405, Answers: []string{"Allow: POST"}},
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.NewHarness(t, db).Follow(slices.Concat(empty, always))
		apitest.Seed(t, db)
		h := apitest.NewHarness(t, db)
		h.Follow(readings)
		h.Follow(changes)
		// These have times of the database's clock in them.
		h.Follow([]apitest.Step{
			{Name: "cancel what waits", Method: "POST", Path: "/api/runs/6/cancel", Status: 200, Want: `"state":"cancelled","attempt":0,`},
			{Name: "cancel it again", Method: "POST", Path: "/api/runs/6/cancel", Status: 200, Want: `"state":"cancelled","attempt":0,`},
			{Name: "retry what is cancelled", Method: "POST", Path: "/api/runs/6/retry", Status: 200, Want: `"state":"available","attempt":0,`},
			{Name: "cancel what will be retried", Method: "POST", Path: "/api/runs/4/cancel", Status: 200, Want: `"state":"cancelled"`},
			{Name: "cancel a job of others", Method: "POST", Path: "/api/runs/5/cancel", Status: 200, Want: `"trigger":"other","state":"cancelled"`},
			{Name: "run now", Method: "POST", Path: "/api/schedules/rows.purge/runs", Status: 202, Want: `{"id":7,"task":"rows.purge","run_at":null,"trigger":"manual","state":"available","attempt":0,`, Answers: []string{"Location: /api/runs/7"}},
			{Name: "it is there", Method: "GET", Path: "/api/runs/7", Status: 200, Want: `{"id":7,"task":"rows.purge","run_at":null,"trigger":"manual","state":"available"`},
			{Name: "its schedule knows", Method: "GET", Path: "/api/schedules/rows.purge", Status: 200, Want: `"last_run":{"id":7,`},
			{Name: "run now, again", Method: "POST", Path: "/api/schedules/rows.purge/runs", Status: 202, Want: `{"id":8,`},
		})
	})
}

func TestDialectsTellTheSameOfThePlatform(t *testing.T) {
	t.Parallel()
	harnesses := make([]*apitest.Harness, 0, 2)
	for _, dialect := range testdb.Dialects {
		db := testdb.New(t, dialect)
		apitest.Seed(t, db)
		harnesses = append(harnesses, apitest.NewHarness(t, db))
	}
	apitest.Compare(t, harnesses[0], harnesses[1], append(append([]apitest.Step{}, readings...), changes...))
}

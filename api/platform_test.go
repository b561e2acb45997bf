package api_test

import (
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// readings has the answers of the platform of seed about itself.
var readings = []step{
	{name: "schedules", method: "GET", path: "/api/schedules", status: 200,
		want: `[{"name":"items.expire","summary":"Does items.expire.","cron":"* * * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":false,"next_run_at":"2026-01-02T03:05:00.000000Z",` +
			`"last_run":{"id":6,"state":"available","started_at":null,"finished_at":null,"rows_affected":0}},` +
			`{"name":"items.purge","summary":"Does items.purge.","cron":"30 2 * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":true,"next_run_at":"2026-01-02T03:05:00.000000Z","last_run":null},` +
			`{"name":"stats.rollup",`},
	{name: "schedule", method: "GET", path: "/api/schedules/stats.rollup", status: 200,
		want: `"last_run":{"id":3,"state":"running","started_at":"2026-01-02T03:02:01.000000Z","finished_at":null,"rows_affected":5}}`},
	{name: "no such schedule", method: "GET", path: "/api/schedules/items.exipre", status: 404, want: "GET /api/schedules lists", answers: []string{problemJSON}},
	{name: "a schedule no database can hold", method: "GET", path: "/api/schedules/%00%FF", status: 404},

	{name: "runs, newest first", method: "GET", path: "/api/runs?limit=2", status: 200,
		want: `[{"id":6,"task":"items.expire","run_at":"2026-01-02T03:04:00.000000Z","trigger":"schedule","state":"available","attempt":0,"max_attempts":5,"worker":null,"cancel_requested":false,"created_at":"2026-01-02T03:04:00.000000Z","started_at":null,"finished_at":null,"duration_ms":null,"rows_affected":0,"progress":"","errors":[]},` +
			`{"id":5,"task":"foreign","run_at":null,"trigger":"other","state":"scheduled",`},
	{name: "runs of a task", method: "GET", path: "/api/runs?task=items.enrich", status: 200, want: `[{"id":4,"task":"items.enrich","run_at":null,"trigger":"nudge","state":"retryable"`},
	{name: "runs of two tasks", method: "GET", path: "/api/runs?task=items.enrich,stats.rollup&limit=1", status: 200, want: `[{"id":4,`},
	{name: "runs in a state", method: "GET", path: "/api/runs?state=discarded", status: 200, want: `[{"id":2,`},
	{name: "runs of a task in a state", method: "GET", path: "/api/runs?state=discarded&task=items.enrich", status: 200, want: "[]\n"},
	{name: "the list has no stacks", method: "GET", path: "/api/runs?state=completed", status: 200,
		want: `"errors":[{"attempt":1,"at":"2026-01-02T03:00:00.500000Z","error":"panic: kaput"}]`},
	{name: "run", method: "GET", path: "/api/runs/1", status: 200,
		want: `{"id":1,"task":"items.expire","run_at":"2026-01-02T03:00:00.000000Z","trigger":"schedule","state":"completed","attempt":2,"max_attempts":5,"worker":"young","cancel_requested":false,` +
			`"created_at":"2026-01-02T03:00:00.100000Z","started_at":"2026-01-02T03:00:01.250000Z","finished_at":"2026-01-02T03:00:03.000000Z","duration_ms":1750,"rows_affected":42,"progress":"",` +
			`"errors":[{"attempt":1,"at":"2026-01-02T03:00:00.500000Z","error":"panic: kaput","trace":"goroutine 1"}]}`},
	{name: "run with progress", method: "GET", path: "/api/runs/3", status: 200, want: `"trigger":"manual","state":"running","attempt":1,"max_attempts":5,"worker":"young"`},
	{name: "its log of progress", method: "GET", path: "/api/runs/3", status: 200,
		want: `"rows_affected":5,"progress":"5 rows so far","log":[{"at":"2026-01-02T03:02:01.500000Z","attempt":1,"rows_affected":3},{"at":"2026-01-02T03:02:02.500000Z","attempt":1,"rows_affected":5}],"errors":[]}`},
	{name: "the list has none", method: "GET", path: "/api/runs?state=running", status: 200, want: `"rows_affected":5,"progress":"5 rows so far","errors":[]}`},
	{name: "no such run", method: "GET", path: "/api/runs/99", status: 404, want: `"detail":"Run not found"`, answers: []string{problemJSON}},
	{name: "run 0", method: "GET", path: "/api/runs/0", status: 404},
	{name: "run of no number", method: "GET", path: "/api/runs/x", status: 422, want: `"parameter":"id"`},
	{name: "unknown state", method: "GET", path: "/api/runs?state=done", status: 422, want: `"parameter":"state"`},
	{name: "a task no database can hold", method: "GET", path: "/api/runs?task=a%00", status: 422, want: `"parameter":"task"`},
	{name: "commas alone", method: "GET", path: "/api/runs?task=,&limit=1", status: 200, want: `[{"id":6,`},
	{name: "runs limit 0", method: "GET", path: "/api/runs?limit=0", status: 422},
	{name: "runs limit 1000", method: "GET", path: "/api/runs?limit=1000", status: 200, answers: []string{"Link: "}},
	{name: "no cursor", method: "GET", path: "/api/runs?cursor=abc", status: 422, want: `"parameter":"cursor"`},
	{name: "unknown parameter", method: "GET", path: "/api/runs?tsak=x", status: 422, want: `"parameter":"tsak"`},

	{name: "workers", method: "GET", path: "/api/workers", status: 200,
		want: `[{"instance":"old","version":"v1","status":"stale","started_at":"2026-01-02T01:00:00.000000Z","last_beat":"2026-01-02T02:00:00.000000Z","lag_ms":12,"running":[]},` +
			`{"instance":"young","version":"v1","status":"ok","started_at":"2026-01-02T03:00:00.000000Z","last_beat":"2026-01-02T03:04:05.000000Z","lag_ms":12,"running":["items.enrich","items.enrich"]}]`},
	{name: "stats", method: "GET", path: "/api/stats/items?days=3", status: 200,
		want: `[{"day":"2025-12-31","created":20,"updated":21,"expired":22,"deleted":23,"restored":24},{"day":"2026-01-01","created":0,"updated":0,"expired":0,"deleted":0,"restored":0},{"day":"2026-01-02","created":10,"updated":11,"expired":12,"deleted":13,"restored":14}]` + "\n"},
	{name: "stats of today", method: "GET", path: "/api/stats/items?days=1", status: 200, want: `[{"day":"2026-01-02","created":10,`},
	{name: "stats of 30 days", method: "GET", path: "/api/stats/items", status: 200, want: `[{"day":"2025-12-04",`},
	{name: "stats of a year", method: "GET", path: "/api/stats/items?days=366", status: 200, want: `[{"day":"2025-01-02","created":0,`},
	{name: "stats of no day", method: "GET", path: "/api/stats/items?days=0", status: 422, want: `"parameter":"days"`},
	{name: "stats of 367 days", method: "GET", path: "/api/stats/items?days=367", status: 422},
}

// changes are an operator's requests to the platform of seed, in order.
var changes = []step{
	{name: "change the cron", method: "PATCH", path: "/api/schedules/items.expire", body: `{"cron":" 30  2\t* * *"}`, headers: []string{mergePatch}, status: 200,
		want: `"cron":"30 2 * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":false,"next_run_at":"2026-01-03T02:30:00.000000Z"`},
	{name: "change the zone", method: "PATCH", path: "/api/schedules/items.expire", body: `{"time_zone":"Europe/Berlin"}`, headers: []string{mergePatch}, status: 200,
		want: `"next_run_at":"2026-01-03T01:30:00.000000Z"`},
	{name: "change the policies", method: "PATCH", path: "/api/schedules/items.expire", body: `{"missed_policy":"all","overlap_policy":"allow"}`, headers: []string{mergePatch}, status: 200,
		want: `"missed_policy":"all","overlap_policy":"allow","paused":false,"next_run_at":"2026-01-03T01:30:00.000000Z"`},
	{name: "six fields", method: "PATCH", path: "/api/schedules/items.expire", body: `{"cron":"*/10 * * * * *"}`, status: 200, want: `"cron":"*/10 * * * * *"`},
	{name: "back to what is declared", method: "PATCH", path: "/api/schedules/items.expire", body: `{"cron":null,"time_zone":null,"missed_policy":null,"overlap_policy":null}`, headers: []string{mergePatch}, status: 200,
		want: `"cron":"*/5 * * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip"`},
	{name: "pause", method: "PATCH", path: "/api/schedules/stats.rollup", body: `{"paused":true}`, headers: []string{mergePatch}, status: 200,
		want: `"paused":true,"next_run_at":"2026-01-02T03:05:00.000000Z"`},
	{name: "the same again changes nothing", method: "PATCH", path: "/api/schedules/stats.rollup", body: `{"paused":true,"cron":"*/5 * * * *","time_zone":"UTC"}`, headers: []string{mergePatch}, status: 200,
		want: `"paused":true,"next_run_at":"2026-01-02T03:05:00.000000Z"`},
	{name: "resume", method: "PATCH", path: "/api/schedules/items.purge", body: `{"paused":false}`, headers: []string{mergePatch}, status: 200,
		want: `"paused":false,"next_run_at":"2026-01-03T02:30:00.000000Z"`},
	{name: "patch of nothing", method: "PATCH", path: "/api/schedules/items.purge", body: `{}`, headers: []string{mergePatch}, status: 200,
		want: `"next_run_at":"2026-01-03T02:30:00.000000Z"`},

	{name: "bad cron", method: "PATCH", path: "/api/schedules/items.purge", body: `{"cron":"61 * * * *"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/cron"`, answers: []string{problemJSON}},
	{name: "never due", method: "PATCH", path: "/api/schedules/items.purge", body: `{"cron":"0 0 31 2 *"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/cron"`},
	{name: "four fields", method: "PATCH", path: "/api/schedules/items.purge", body: `{"cron":"* * * *"}`, headers: []string{mergePatch}, status: 422, want: `five fields`},
	{name: "bad zone", method: "PATCH", path: "/api/schedules/items.purge", body: `{"time_zone":"Europe/Brelin"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/time_zone"`},
	{name: "both bad", method: "PATCH", path: "/api/schedules/items.purge", body: `{"cron":"\u0000","time_zone":"../x"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/time_zone"},{"detail":"a cron`},
	{name: "empty zone", method: "PATCH", path: "/api/schedules/items.purge", body: `{"time_zone":""}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/time_zone"`},
	{name: "unknown missed policy", method: "PATCH", path: "/api/schedules/items.purge", body: `{"missed_policy":"twice"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/missed_policy"`},
	{name: "unknown overlap policy", method: "PATCH", path: "/api/schedules/items.purge", body: `{"overlap_policy":"once"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/overlap_policy"`},
	{name: "paused taken away", method: "PATCH", path: "/api/schedules/items.purge", body: `{"paused":null}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/paused"`},
	{name: "paused in words", method: "PATCH", path: "/api/schedules/items.purge", body: `{"paused":"yes"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/paused"`},
	{name: "what cannot be changed", method: "PATCH", path: "/api/schedules/items.purge", body: `{"next_run_at":"2030-01-01T00:00:00Z"}`, headers: []string{mergePatch}, status: 422, want: `"pointer":"#/next_run_at"`},
	{name: "1 MiB", method: "PATCH", path: "/api/schedules/items.purge", body: padded(`{"cron":""}`, 1<<20), headers: []string{mergePatch}, status: 422, want: `"pointer":"#/cron"`},
	{name: "over 1 MiB", method: "PATCH", path: "/api/schedules/items.purge", body: padded(`{"cron":""}`, 1<<20+1), headers: []string{mergePatch}, status: 413, answers: []string{problemJSON}},
	{name: "nothing of it is there", method: "GET", path: "/api/schedules/items.purge", status: 200, want: `"cron":"30 2 * * *","time_zone":"UTC","missed_policy":"once","overlap_policy":"skip","paused":false,"next_run_at":"2026-01-03T02:30:00.000000Z"`},
	{name: "patch a missing one", method: "PATCH", path: "/api/schedules/none", body: `{"paused":true}`, headers: []string{mergePatch}, status: 404, want: "GET /api/schedules lists"},
	{name: "run a missing one", method: "POST", path: "/api/schedules/none/runs", status: 404, want: "GET /api/schedules lists"},

	{name: "cancel what has completed", method: "POST", path: "/api/runs/1/cancel", status: 409, want: "urn:fualab:problem:conflict", answers: []string{problemJSON}},
	{name: "cancel what is discarded", method: "POST", path: "/api/runs/2/cancel", status: 409},
	{name: "cancel what is missing", method: "POST", path: "/api/runs/99/cancel", status: 404, want: `"detail":"Run not found"`},
	{name: "cancel what is running", method: "POST", path: "/api/runs/3/cancel", status: 200, want: `"state":"running","attempt":1,"max_attempts":5,"worker":"young","cancel_requested":true`},
	{name: "retry what is running", method: "POST", path: "/api/runs/3/retry", status: 409, want: "urn:fualab:problem:conflict", answers: []string{problemJSON}},
	{name: "retry what waits", method: "POST", path: "/api/runs/6/retry", status: 409},
	{name: "retry what will be retried", method: "POST", path: "/api/runs/4/retry", status: 409},
	{name: "retry what is missing", method: "POST", path: "/api/runs/99/retry", status: 404, want: `"detail":"Run not found"`},
	{name: "retry what is discarded", method: "POST", path: "/api/runs/2/retry", status: 200,
		want: `{"id":2,"task":"items.expire","run_at":"2026-01-02T03:01:00.000000Z","trigger":"schedule","state":"available","attempt":1,"max_attempts":2,"worker":"old","cancel_requested":false,"created_at":"2026-01-02T03:01:00.000000Z","started_at":"2026-01-02T03:01:00.000000Z","finished_at":null,"duration_ms":null,`},
	{name: "and only once", method: "POST", path: "/api/runs/2/retry", status: 409},
	{name: "retry what has completed", method: "POST", path: "/api/runs/1/retry", status: 200, want: `"state":"available","attempt":2,"max_attempts":5`},
	{name: "retry with a body", method: "POST", path: "/api/runs/99/retry", body: `{}`, status: 404},
	{name: "method not allowed on runs", method: "POST", path: "/api/runs", status: 405, answers: []string{"Allow: GET, HEAD"}},
	{name: "method not allowed on a retry", method: "GET", path: "/api/runs/1/retry", status: 405, answers: []string{"Allow: POST"}},
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		seed(t, db)
		h := newHarness(t, db)
		h.follow(readings)
		h.follow(changes)
		// These have times of the database's clock in them.
		h.follow([]step{
			{name: "cancel what waits", method: "POST", path: "/api/runs/6/cancel", status: 200, want: `"state":"cancelled","attempt":0,`},
			{name: "cancel it again", method: "POST", path: "/api/runs/6/cancel", status: 200, want: `"state":"cancelled","attempt":0,`},
			{name: "retry what is cancelled", method: "POST", path: "/api/runs/6/retry", status: 200, want: `"state":"available","attempt":0,`},
			{name: "cancel what will be retried", method: "POST", path: "/api/runs/4/cancel", status: 200, want: `"state":"cancelled"`},
			{name: "cancel a job of others", method: "POST", path: "/api/runs/5/cancel", status: 200, want: `"trigger":"other","state":"cancelled"`},
			{name: "run now", method: "POST", path: "/api/schedules/items.purge/runs", status: 202, want: `{"id":7,"task":"items.purge","run_at":null,"trigger":"manual","state":"available","attempt":0,`, answers: []string{"Location: /api/runs/7"}},
			{name: "it is there", method: "GET", path: "/api/runs/7", status: 200, want: `{"id":7,"task":"items.purge","run_at":null,"trigger":"manual","state":"available"`},
			{name: "its schedule knows", method: "GET", path: "/api/schedules/items.purge", status: 200, want: `"last_run":{"id":7,`},
			{name: "run now, again", method: "POST", path: "/api/schedules/items.purge/runs", status: 202, want: `{"id":8,`},
		})
	})
}

func TestDialectsTellTheSameOfThePlatform(t *testing.T) {
	t.Parallel()
	harnesses := make([]*harness, 0, 2)
	for _, dialect := range testdb.Dialects {
		db := testdb.New(t, dialect)
		seed(t, db)
		harnesses = append(harnesses, newHarness(t, db))
	}
	compare(t, harnesses[0], harnesses[1], append(append([]step{}, readings...), changes...))
}

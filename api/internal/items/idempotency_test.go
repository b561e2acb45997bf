package items_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// count returns how many rows there are.
func count(t *testing.T, db *database.DB, table string) int {
	t.Helper()
	n, err := db.NewSelect().Table(table).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestKeyReplays sends every POST twice with a key, and once with another.
func TestKeyReplays(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		apitest.Seed(t, db)
		h := apitest.NewHarness(t, db)
		deleted := apitest.Decode[item](t, h.Must(201, "POST", "/api/items", `{"name":"deleted"}`).Body)
		h.Must(204, "DELETE", fmt.Sprintf("/api/items/%d", deleted.ID), "")
		drain(h)
		for _, tt := range []struct {
			path, body    string
			status        int
			table         string
			rows          int // that one effect adds
			nudges        int
			events, again int // of the first effect, and of one without the key
		}{
			{"/api/items", `{"name":"once"}`, 201, "items", 1, 1, 1, 201},
			{"/api/items/batch", `[{"name":"a"},{"name":"b"}]`, 201, "items", 2, 1, 1, 201},
			{fmt.Sprintf("/api/items/%d/restore", deleted.ID), "", 200, "items", 0, 1, 1, 200},
			{"/api/schedules/rows.expire/runs", "", 202, "river_job", 1, 0, 1, 202},
			{"/api/runs/1/retry", "", 200, "river_job", 0, 0, 1, 409},
			{"/api/runs/6/cancel", "", 200, "river_job", 0, 0, 1, 200},
		} {
			before, key := count(t, db, tt.table), "Idempotency-Key: \""+tt.path+"\""
			first := h.Do("POST", tt.path, tt.body, key)
			if nudges, events := drain(h); nudges != tt.nudges || events != tt.events {
				t.Errorf("%s: %d nudges and %d events, want %d and %d", tt.path, nudges, events, tt.nudges, tt.events)
			}
			second := h.Do("POST", tt.path, tt.body, key)
			if nudges, events := drain(h); nudges+events > 0 {
				t.Errorf("%s: the replay nudges and tells", tt.path)
			}
			if first.Status != tt.status || first.Header.Get("Idempotent-Replayed") != "" {
				t.Errorf("%s: %d %v %s", tt.path, first.Status, first.Header, first.Body)
			}
			if second.Header.Get("Idempotent-Replayed") != "true" || second.Header.Get("X-Request-Id") == first.Header.Get("X-Request-Id") {
				t.Errorf("%s: the replay has the header %v", tt.path, second.Header)
			}
			for _, a := range []apitest.Answer{first, second} {
				a.Header.Del("Idempotent-Replayed")
				a.Header.Del("X-Request-Id")
			}
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("%s: the replay differs (-first +second):\n%s", tt.path, diff)
			}
			if added := count(t, db, tt.table) - before; added != tt.rows {
				t.Errorf("%s: %d rows in %s, want %d", tt.path, added, tt.table, tt.rows)
			}
			if again := h.Do("POST", tt.path, tt.body, "Idempotency-Key: another"+tt.path); again.Status != tt.again || again.Header.Get("Idempotent-Replayed") != "" {
				t.Errorf("%s with another key: %d %s", tt.path, again.Status, again.Body)
			}
			drain(h)
		}
	})
}

// drain returns how many nudges and events there were since the last time.
func drain(h *apitest.Harness) (nudges, events int) {
	for {
		select {
		case <-h.Nudges:
			nudges++
		case <-h.Events:
			events++
		default:
			return nudges, events
		}
	}
}

func TestKeyOfAnotherRequest(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		const key = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324"
		const used = `"status":422`
		long := strings.Repeat("k", 255)
		h.Follow([]apitest.Step{
			{Name: "an invalid request leaves the key unused", Method: "POST", Path: "/api/items", Body: `{"name":""}`, Headers: []string{key}, Status: 422, Want: "#/name"},
			{Name: "so does one to nowhere", Method: "POST", Path: "/api/nowhere", Headers: []string{key}, Status: 404},
			{Name: "and one that finds nothing", Method: "POST", Path: "/api/runs/1/retry", Headers: []string{key}, Status: 404, Want: "There is no run with this id"},
			{Name: "and one whose body is no JSON", Method: "POST", Path: "/api/items", Body: `{`, Headers: []string{key}, Status: 400},
			{Name: "first", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{key}, Status: 201, Want: `"id":1,`},
			{Name: "quoted it is the same", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{`Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"`}, Status: 201, Want: `"id":1,`, Answers: []string{"Idempotent-Replayed: true", "Location: /api/items/1", `ETag: "1.0"`}},
			{Name: "another body", Method: "POST", Path: "/api/items", Body: `{"name":"b"}`, Headers: []string{key}, Status: 422, Want: `"parameter":"Idempotency-Key"`},
			{Name: "another path", Method: "POST", Path: "/api/items/batch", Body: `{"name":"a"}`, Headers: []string{key}, Status: 422, Want: used},
			{Name: "a key for what is read", Method: "GET", Path: "/api/items/1", Headers: []string{key}, Status: 200, Want: `"name":"a"`},
			{Name: "empty", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{"Idempotency-Key: "}, Status: 400, Want: "quotes"},
			{Name: "an empty string", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{`Idempotency-Key: ""`}, Status: 400},
			{Name: "two", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{"Idempotency-Key: a", "Idempotency-Key: b"}, Status: 400},
			{Name: "a list", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{"Idempotency-Key: a, b"}, Status: 400},
			{Name: "half a string", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{`Idempotency-Key: "a`}, Status: 400},
			{Name: "not ASCII", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{"Idempotency-Key: é"}, Status: 400},
			{Name: "too long", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{"Idempotency-Key: " + long + "k"}, Status: 400},
			{Name: "just as long as it may be", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{`Idempotency-Key: "` + long + `"`}, Status: 201, Want: `"id":2,`},
			{Name: "with escapes", Method: "POST", Path: "/api/items", Body: `{"name":"a"}`, Headers: []string{`Idempotency-Key: "say \"\\\" and more"`}, Status: 201, Want: `"id":3,`},
			{Name: "too large a body", Method: "POST", Path: "/api/items", Body: strings.Repeat(" ", 8<<20+1), Headers: []string{"Idempotency-Key: large"}, Status: 413},
			{Name: "too large for this path", Method: "POST", Path: "/api/items", Body: strings.Repeat(" ", 1<<20+1), Headers: []string{"Idempotency-Key: large"}, Status: 413},
		})
		if n := count(t, db, "items"); n != 3 {
			t.Errorf("%d items, want 3", n)
		}
	})
}

// TestRaceForAKey: 50 clients, on two instances, send the same request at the
// same time and again until it succeeds. It takes effect once.
func TestRaceForAKey(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		instances := []*apitest.Harness{apitest.NewHarness(t, db), apitest.NewHarness(t, db)}
		const clients, body = 50, `{"name":"raced","attributes":{"a":1}}`
		var mu sync.Mutex
		var firsts, replays, conflicts int
		bodies := map[string]bool{}
		begin := make(chan struct{})
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				<-begin
				for range 1000 {
					a, err := instances[i%2].Send("POST", "/api/items", body, "Idempotency-Key: race")
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					switch {
					case a.Status == http.StatusConflict && a.Header.Get("Retry-After") == "1":
						conflicts++
					case a.Status != http.StatusCreated:
						t.Errorf("answered %d %s", a.Status, a.Body)
					case a.Header.Get("Idempotent-Replayed") == "true":
						replays++
						bodies[a.Body] = true
					default:
						firsts++
						bodies[a.Body] = true
					}
					mu.Unlock()
					if a.Status != http.StatusConflict {
						return
					}
				}
				t.Error("still in flight after 1000 attempts")
			})
		}
		close(begin)
		all.Wait()
		t.Logf("%d first, %d replayed, %d times 409", firsts, replays, conflicts)
		if n := count(t, db, "items"); n != 1 || firsts != 1 || replays != clients-1 || len(bodies) != 1 {
			t.Errorf("%d items, %d first answers, %d replays, %d different ones", n, firsts, replays, len(bodies))
		}
	})
}

// TestKeyInFlight holds the first request while the second comes, to the same
// instance and to another.
func TestKeyInFlight(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "postgres")
	first, other := apitest.NewHarness(t, db), apitest.NewHarness(t, db)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE items IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	answered := make(chan apitest.Answer, 1)
	go func() {
		a, err := first.Send("POST", "/api/items", `{"name":"a"}`, "Idempotency-Key: k")
		if err != nil {
			t.Error(err)
		}
		answered <- a
	}()
	awaitLockWait(t, db)
	for _, h := range []*apitest.Harness{first, other} {
		if a := h.Do("POST", "/api/items", `{"name":"a"}`, "Idempotency-Key: k"); a.Status != http.StatusConflict || a.Header.Get("Retry-After") != "1" {
			t.Errorf("in flight: %d %s", a.Status, a.Body)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if a := <-answered; a.Status != http.StatusCreated {
		t.Errorf("first: %d %s", a.Status, a.Body)
	}
	if a := other.Do("POST", "/api/items", `{"name":"a"}`, "Idempotency-Key: k"); a.Status != http.StatusCreated || a.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("afterwards: %d %s", a.Status, a.Body)
	}
}

// awaitLockWait returns when a statement on db waits for another's lock.
func awaitLockWait(t *testing.T, db *database.DB) {
	t.Helper()
	testwait.For(t, "a statement to wait for a lock", func() (waits bool) {
		err := db.NewRaw("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(t.Context(), &waits)
		if err != nil {
			t.Fatal(err)
		}
		return waits
	})
}

// TestEveryPostTakesAKey reads the documentation: an operation that is added
// takes one as well.
func TestEveryPostTakesAKey(t *testing.T) {
	t.Parallel()
	raw, err := apitest.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	type operation struct {
		Parameters []struct{ Name, In string }
		Responses  map[string]any
	}
	document := apitest.Decode[struct {
		Paths map[string]map[string]operation
	}](t, string(raw))
	posts := 0
	for path, operations := range document.Paths {
		op, ok := operations["post"]
		if !ok {
			continue
		}
		posts++
		found := false
		for _, p := range op.Parameters {
			found = found || p.Name == "Idempotency-Key" && p.In == "header"
		}
		for _, status := range []string{"400", "409", "422"} {
			_, documented := op.Responses[status]
			found = found && documented
		}
		if !found {
			t.Errorf("POST %s does not document its Idempotency-Key: %+v", path, op)
		}
	}
	if posts == 0 {
		t.Error("there is no POST")
	}
}

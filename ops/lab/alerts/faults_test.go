//go:build linux

package alerts

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
)

// fault is a real fault, with the alerts that report it.
type fault struct {
	name   string
	alerts []string
	limit  [2]string                      // a limit of its alerts, and its shorter replacement for the test
	cause  func(w *world) (repair func()) // before it, each rule is quiet
	ready  func(readiness) string         // the state in /ready, "ok" before and after the fault
	told   string                         // the state during the fault
}

// pending is the limit for an alert's pending time, and for the windows of its
// rules. In production both are minutes and hours.
const pending = 2 * time.Second

var windows = strings.NewReplacer("[6h]", "[20s]", "[1h]", "[20s]", "[30m]", "[10s]", "[15m]", "[10s]", "[5m]", "[10s]")

var faults = []fault{
	{
		name: "a table of every task is missing", alerts: ofTasks(), cause: breakTasks,
		ready: func(r readiness) string { return r.Tasks.told() }, told: strings.Join(allTasks, " "),
	},
	{name: "a run fails at every attempt", alerts: []string{"run-discarded"}, cause: breakRuns},
	{name: "items cannot be changed", alerts: []string{"enrich-backlog"}, limit: [2]string{"> 180", "> 5"}, cause: breakEnrichment},
	{name: "a run keeps the worker's only slot", alerts: []string{"queue-age"}, limit: [2]string{"> 300", "> 5"}, cause: stopQueue},
	{name: "a table of the API is missing", alerts: []string{"api-errors"}, cause: breakAPI},
	{name: "the API waits for a table", alerts: []string{"api-latency", "database-pool"}, cause: slowAPI},
	{name: "Redis is killed", alerts: []string{"redis-lost"}, cause: killRedis, ready: func(r readiness) string { return r.Redis.Status }, told: "down"},
	{name: "Redis answers, and refuses its streams", alerts: []string{"cache-incoherent"}, cause: refuseStreams},
	{
		name: "the worker hangs", alerts: []string{"worker-heartbeat"}, limit: [2]string{"> 45", "> 8"}, cause: hangWorker,
		ready: func(r readiness) string { return r.Worker.Status }, told: "stale",
	},
	{name: "API and worker are killed", alerts: []string{"api-down", "worker-heartbeat"}, cause: killServices},
	{name: "pages of another origin write", alerts: []string{"security-events"}, limit: [2]string{"> 100", "> 5"}, cause: writeFromElsewhere},
	{name: "SQLite's disk fills", alerts: []string{"disk-space"}, cause: fillDisk},
}

// allTasks are all tasks of the worker, in the order of /ready.
var allTasks = []string{"idempotency.prune", "items.enrich", "items.expire", "items.import", "items.purge", "runs.prune", "stats.rollup"}

func ofTasks() []string {
	var names []string
	for _, task := range allTasks {
		names = append(names, "task-"+strings.ReplaceAll(task, ".", "-"))
	}
	return names
}

// TestFaults causes each fault in a running platform. The fault's alerts must
// fire on the scraped metrics, and clear after the repair. By the end each panel
// of the dashboards has had data.
func TestFaults(t *testing.T) {
	began := time.Now()
	w := newWorld(t)
	w.must(http.MethodPost, "/api/items", `{"name":"Sample"}`)
	for _, task := range allTasks {
		w.must(http.MethodPatch, "/api/schedules/"+task, `{"cron":"*/2 * * * * *"}`)
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) { f.hold(w.in(t)) })
	}
	w.readCached()
	w.holdPanels(began)
}

// TestEachAlertHasItsFault: an alert that fires only on synthetic series may use
// a metric that no service has.
func TestEachAlertHasItsFault(t *testing.T) {
	t.Parallel()
	for _, r := range rules(t) {
		if !slices.ContainsFunc(faults, func(f fault) bool { return slices.Contains(f.alerts, r.Alert) }) {
			t.Errorf("no fault fires %s", r.Alert)
		}
	}
}

func (f fault) hold(w *world) {
	var watches []*watch
	for _, r := range f.rules(w.t) {
		watches = append(watches, newWatch(r, w.samples))
	}
	w.await("is quiet", watches, func(x *watch, _ bool) bool { return len(x.since) == 0 })
	f.await(w, "ok")
	repair := sync.OnceFunc(f.cause(w))
	defer repair()
	w.await("fires", watches, func(_ *watch, fires bool) bool { return fires })
	f.await(w, f.told)
	repair()
	w.await("clears", watches, func(_ *watch, fires bool) bool { return !fires })
	f.await(w, "ok")
}

// rules returns the rules of the fault's alerts, with shortened limits.
func (f fault) rules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	var mine []rulefmt.Rule
	for _, r := range rules(t) {
		if !slices.Contains(f.alerts, r.Alert) {
			continue
		}
		if f.limit[0] != "" && r.Labels["burn"] == "" && !strings.Contains(r.Expr, f.limit[0]) {
			t.Fatalf("%s has no limit %s to shorten: %s", r.Alert, f.limit[0], r.Expr)
		}
		if f.limit[0] != "" {
			r.Expr = strings.ReplaceAll(r.Expr, f.limit[0], f.limit[1])
		}
		r.Expr, r.For = windows.Replace(r.Expr), min(r.For, model.Duration(pending))
		mine = append(mine, r)
	}
	return mine
}

func (f fault) await(w *world, told string) {
	w.t.Helper()
	if f.ready == nil {
		return
	}
	w.until("/ready to report "+told, func() bool { return f.ready(w.ready()) == told })
}

// await waits for one watch after the other. It evaluates all of them all the
// time, because they are pending at the same time.
func (w *world) await(what string, watches []*watch, done func(x *watch, fires bool) bool) {
	w.t.Helper()
	began := time.Now()
	for _, x := range watches {
		name := strings.TrimSpace(x.rule.Alert + " " + x.rule.Labels["burn"])
		w.until(name+" "+what, func() bool {
			var fires bool
			for _, y := range watches {
				if n := len(y.at(w.t.Context(), w.t, time.Now())); y == x {
					fires = n > 0
				}
			}
			return done(x, fires)
		})
		w.t.Logf("%s %s after %.1f s", name, what, time.Since(began).Seconds())
	}
}

// breakTasks breaks a table that every task uses, and simulates days by moving
// recorded times back: no limit is shortened.
func breakTasks(w *world) (repair func()) {
	tables := []string{"items", "item_events", "imports", "idempotency_keys"}
	w.worker.kill()
	w.sql(`UPDATE river_job SET created_at = created_at - interval '4 days', scheduled_at = scheduled_at - interval '4 days', finalized_at = finalized_at - interval '4 days' WHERE state = 'completed';
		UPDATE schedules SET updated_at = updated_at - interval '4 days'`)
	back := []func(){w.refuse("DELETE", "river_job")}
	for _, table := range tables {
		back = append(back, w.away(table))
	}
	w.worker.start(w.t)
	return func() {
		for _, f := range back {
			f()
		}
	}
}

func breakRuns(w *world) (repair func()) {
	repair = w.away("item_events")
	w.must(http.MethodPost, "/api/schedules/stats.rollup/runs", "")
	return repair
}

func breakEnrichment(w *world) (repair func()) {
	repair = w.refuse("UPDATE", "items")
	w.must(http.MethodPost, "/api/items", `{"name":"It waits"}`)
	return repair
}

func stopQueue(w *world) (repair func()) { return w.lock("item_stats", patience) }

func breakAPI(w *world) (repair func()) {
	w.clients(2)
	return w.away("items")
}

// slowAPI makes the API wait repeatedly. Its clients wait too, and while all
// connections are in use, new callers wait for one.
func slowAPI(w *world) (repair func()) {
	w.clients(1)
	crowd := w.clients(2 * connections)
	release := w.lock("items", 2*time.Second)
	// One must be answered in time, because a busy machine cannot answer all in time.
	return func() { release(); crowd() }
}

func killRedis(w *world) (repair func()) {
	w.server.kill()
	return func() { w.server.start(w.t) }
}

func refuseStreams(w *world) (repair func()) {
	w.cli("ACL", "SETUSER", "default", "-@stream")
	w.cli("CLIENT", "KILL", "TYPE", "normal") // clients that wait for events reconnect
	return func() { w.cli("ACL", "SETUSER", "default", "+@all") }
}

func writeFromElsewhere(w *world) (repair func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var ended sync.WaitGroup
	ended.Go(func() {
		for ctx.Err() == nil {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.api.addr+"/api/items", strings.NewReader(`{"name":"Sample"}`))
			if err != nil {
				w.t.Error(err)
				return
			}
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			if response, err := http.DefaultClient.Do(r); err == nil {
				_ = response.Body.Close()
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return func() { stop(); ended.Wait() }
}

func hangWorker(w *world) (repair func()) {
	w.worker.signal(syscall.SIGSTOP)
	return func() { w.worker.signal(syscall.SIGCONT) }
}

func killServices(w *world) (repair func()) {
	w.api.kill()
	w.worker.kill()
	return func() { w.api.start(w.t); w.worker.start(w.t) }
}

// fillDisk starts a separate API on SQLite, on a disk of 24 MB.
func fillDisk(w *world) (repair func()) {
	disk := w.t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m"); err != nil {
		w.t.Skipf("NOT CAUSED: a full disk: mount: %v; this needs root, and in a container CAP_SYS_ADMIN", err)
	}
	w.t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	api := w.program("fualab-api", "API", []string{"FUALAB_DATABASE_URL=sqlite:///" + filepath.Join(disk, "fualab.db")})
	api.start(w.t)
	w.t.Cleanup(api.kill)
	w.scrape(api)
	var fs syscall.Statfs_t
	w.until("the API has its file", func() bool {
		_, err := os.Stat(filepath.Join(disk, "fualab.db"))
		return err == nil
	})
	if err := syscall.Statfs(disk, &fs); err != nil {
		w.t.Fatal(err)
	}
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, fs.Bavail*uint64(fs.Bsize)-1<<20), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return func() { _ = os.Remove(filler) }
}

// away renames a table until back is called.
func (w *world) away(table string) (back func()) {
	w.t.Helper()
	w.sql(fmt.Sprintf("ALTER TABLE %s RENAME TO %[1]s_away", table))
	return func() { w.sql(fmt.Sprintf("ALTER TABLE %s_away RENAME TO %[1]s", table)) }
}

// refuse makes a table refuse each statement that would change it in this way.
func (w *world) refuse(change, table string) (allow func()) {
	w.t.Helper()
	w.sql(`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused by a test'; END $$;
		CREATE TRIGGER refused BEFORE ` + change + ` ON ` + table + ` FOR EACH STATEMENT EXECUTE FUNCTION refuse()`)
	return func() { w.sql("DROP TRIGGER refused ON " + table) }
}

// clients starts n clients of the API, which run until stop or the test's end.
func (w *world) clients(n int) (stop func()) {
	end := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		// Requests for the same item would share a statement.
		path := fmt.Sprintf("/api/items?limit=%d", i+1)
		all.Go(func() {
			for {
				select {
				case <-end:
					return
				case <-time.After(100 * time.Millisecond):
					w.ask(http.MethodGet, path, "", nil)
				}
			}
		})
	}
	stop = sync.OnceFunc(func() { close(end); all.Wait() })
	w.t.Cleanup(stop)
	return stop
}

// readCached makes the API serve from its cache, which no other request here
// uses, until it has been scraped twice.
func (w *world) readCached() {
	for range 20 {
		if _, err := get(w.t.Context(), "http://"+w.api.addr+"/api/items"); err != nil {
			w.t.Error(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// readiness is the part of /ready that alerts watch.
type readiness struct {
	Redis  struct{ Status string }
	Worker struct{ Status string }
	Tasks  overdue
}

type overdue struct {
	Status  string
	Overdue []struct{ Task string }
}

func (o overdue) told() string {
	if len(o.Overdue) == 0 {
		return o.Status
	}
	var names []string
	for _, late := range o.Overdue {
		names = append(names, late.Task)
	}
	return strings.Join(names, " ")
}

func (w *world) ready() (got readiness) {
	w.ask(http.MethodGet, "/ready", "", &got)
	return got
}

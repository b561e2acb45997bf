//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// hour is the jump of a worker's clock, in seconds.
const hour = 3600

// jumpWorkersClock moves a worker's time of day an hour ahead, back, an hour
// behind, and back, while a task is due every second. Each due time must have
// its run, once, not early, and in time.
func jumpWorkersClock(ctx context.Context, w *world) error {
	jump, err := w.startJumping(ctx)
	if err != nil {
		return err
	}
	if err := w.everySecond(ctx); err != nil {
		return err
	}
	for _, to := range []int{hour, 0, -hour, 0} {
		// Longer than the interval at which a worker reads the database's clock.
		if err := errors.Join(jump(to), pause(ctx, time.Duration(w.times(30, 12))*time.Second)); err != nil {
			return err
		}
	}
	w.ledger.faultEnds()
	return w.judgeRuns(ctx)
}

// startJumping replaces the worker by one whose time of day differs from the
// machine's by the seconds that jump sets.
func (w *world) startJumping(ctx context.Context) (jump func(seconds int) error, err error) {
	s := w.workers[0]
	s.bin = filepath.Join(w.built, "fualab-worker")
	file := filepath.Join(w.dir, "worker-clock")
	jump = func(seconds int) error { return os.WriteFile(file, []byte(strconv.Itoa(seconds)), 0o600) }
	if err := jump(0); err != nil {
		return nil, err
	}
	s.env = append(s.env, "CHAOS_CLOCK="+file)
	return jump, s.replace(ctx)
}

// buildJumping builds a worker whose package time adds the number in a file to
// the time of day, but not to the monotonic clock, as a real jump does.
// libfaketime cannot do this: Go calls the kernel without any library.
func buildJumping(dir string) error {
	goroot, err := exec.Command("go", "env", "GOROOT").Output() //nolint:noctx // it only prints
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(goroot)), "src", "time", "time.go")
	text, err := os.ReadFile(source) //nolint:gosec // a file of Go
	if err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	changed := strings.NewReplacer(
		"\t\"math/bits\"\n", "\t\"math/bits\"\n\t\"sync/atomic\"\n",
		"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", "var Jump atomic.Int64\n\nfunc Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tsec += Jump.Load()\n",
	).Replace(string(text))
	if !strings.Contains(changed, "Jump.Load()") {
		return fmt.Errorf("%s has changed: adapt buildJumping to it", source)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		source: filepath.Join(dir, "time.go"),
		filepath.Join(here, "worker", "cmd", "fualab-worker", "jump.go"): filepath.Join(dir, "jump.go"),
	}})
	if err != nil {
		return err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "time.go"), []byte(changed), 0o600), //nolint:gosec // in this program's own directory
		os.WriteFile(filepath.Join(dir, "jump.go"), []byte(jumpGo), 0o600),
		os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	if err != nil {
		return err
	}
	return build(filepath.Join(here, "worker"), dir, "-overlay", filepath.Join(dir, "overlay.json"))
}

const jumpGo = `package main

import (
	"os"
	"strconv"
	"time"
)

func init() {
	go func() {
		for {
			text, _ := os.ReadFile(os.Getenv("CHAOS_CLOCK"))
			if seconds, err := strconv.ParseInt(string(text), 10, 64); err == nil {
				time.Jump.Store(seconds)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
}
`

// judged is the task that is due every second. Its runs are counted.
const judged = "items.expire"

// arrivals records by the database's clock when each job is inserted. River's own
// time comes from the worker, whose clock jumps.
const arrivals = `CREATE TABLE arrivals (job bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE FUNCTION arrive() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO arrivals (job) VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER arrive AFTER INSERT ON river_job FOR EACH ROW EXECUTE FUNCTION arrive()`

func (w *world) everySecond(ctx context.Context) error {
	if _, err := w.pg.query(ctx, w.name, arrivals); err != nil {
		return fmt.Errorf("note when jobs are made: %w", err)
	}
	patch := `{"cron":"* * * * * *","missed_policy":"all","overlap_policy":"allow"}`
	header := http.Header{"Content-Type": {"application/merge-patch+json"}}
	if _, err := w.clients.send(http.MethodPatch, "/api/schedules/"+judged, patch, header); err != nil { //nolint:contextcheck // like all requests of clients
		return fmt.Errorf("let %s run every second: %w", judged, err)
	}
	w.ledger.read()
	return until(ctx, 30*time.Second, judged+" to run every second", func() bool {
		n, err := w.query(ctx, "count(*)")
		return err == nil && n >= 2
	})
}

// judgeRuns compares the runs with the due times.
func (w *world) judgeRuns(ctx context.Context) error {
	var faults []error
	for fault, query := range map[string]string{
		"%d due times have no run":                   "max(extract(epoch FROM due)) - min(extract(epoch FROM due)) + 1 - count(DISTINCT due)",
		"%d due times have more than one run":        "count(*) - count(DISTINCT due)",
		"%d runs were inserted before they were due": "count(*) FILTER (WHERE made < due)",
		"%d runs were inserted more than 15 s late":  "count(*) FILTER (WHERE made > due + interval '15 s')",
		"%d s without a run at the end":              "CASE WHEN max(due) < now() - interval '15 s' THEN extract(epoch FROM now() - max(due)) ELSE 0 END",
		"%d runs were not executed within 15 s":      "count(*) FILTER (WHERE state <> 'completed' AND due < now() - interval '15 s')",
		"%d runs were executed more than once":       "count(*) FILTER (WHERE attempt > 1)",
	} {
		n, err := w.query(ctx, query)
		if err != nil {
			return err
		}
		if n != 0 {
			faults = append(faults, fmt.Errorf(fault, n))
		}
	}
	n, err := w.query(ctx, "count(*)")
	w.notes = append(w.notes, fmt.Sprintf("%d runs", n))
	return errors.Join(append(faults, err)...)
}

// query computes a number over all scheduled runs of the judged task.
func (w *world) query(ctx context.Context, expression string) (int64, error) {
	return w.pg.query(ctx, w.name, "SELECT ("+expression+`)::bigint FROM (
		SELECT river_job.*, at AS made, (args->>'due_at')::timestamptz AS due FROM river_job JOIN arrivals ON job = id WHERE kind = '`+judged+`' AND args ? 'due_at'
	) AS runs WHERE due >= (SELECT min(updated_at) FROM schedules WHERE name = '`+judged+`')`)
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// flaky is a world of which single reads fail, by their names and numbers:
// "record current 2", "outputs 1", "token 1", "services 1".
type flaky struct {
	*world
	reads map[string]int
	fails string
}

func (f *flaky) read(name string) error {
	f.reads[name]++
	if f.fails == fmt.Sprintf("%s %d", name, f.reads[name]) {
		return errDown
	}
	return nil
}

func (f *flaky) Record(ctx context.Context, name string) (Release, error) {
	if err := f.read("record " + name); err != nil {
		return Release{}, err
	}
	return f.world.Record(ctx, name)
}

func (f *flaky) Outputs(ctx context.Context) (Outputs, error) {
	if err := f.read("outputs"); err != nil {
		return Outputs{}, err
	}
	return f.world.Outputs(ctx)
}

func (f *flaky) SmokeToken(ctx context.Context) (string, error) {
	if err := f.read("token"); err != nil {
		return "", err
	}
	return f.world.SmokeToken(ctx)
}

func (f *flaky) Services(ctx context.Context, cluster string) ([]Service, error) {
	services, err := f.world.Services(ctx, cluster)
	if failed := f.read("services"); failed != nil {
		err = failed
	}
	return services, err
}

// TestEachFailedCallTakesTheReleaseBack: no error of AWS is dropped.
func TestEachFailedCallTakesTheReleaseBack(t *testing.T) {
	t.Parallel()
	phaseA, phaseB, back := "apply old old new", "apply new new new", "apply old old old"
	tried := []string{phaseA, "migrate", phaseB, "scale", "address", "deleted"}
	for fails, want := range map[string][]string{
		"record current 1": nil, // nothing was touched
		"outputs 1":        {phaseA, back},
		"outputs 2":        {phaseA, "migrate", phaseB, back},
		"token 1":          {phaseA, "migrate", phaseB, "scale", back},
		"record current 2": append(tried[:6:6], back),
	} {
		t.Run(fails, func(t *testing.T) {
			t.Parallel()
			f := &flaky{newWorld(t), map[string]int{}, fails}
			d := &deployment{environment: "dev", stack: f, cloud: f, out: io.Discard, smoke: time.Millisecond}
			if err := d.Deploy(t.Context(), release("new")); !errors.Is(err, errDown) {
				t.Errorf("error %v, wanted AWS' own", err)
			}
			if diff := cmp.Diff(want, f.calls); diff != "" {
				t.Errorf("calls (-wanted +made):\n%s", diff)
			}
			if got := f.releases["current"].Name; got != "old" {
				t.Errorf("%s is on record", got)
			}
		})
	}
}

// TestFailedStepTakesTheReleaseBack: those of world's own calls that TestDeploy
// leaves out.
func TestFailedStepTakesTheReleaseBack(t *testing.T) {
	t.Parallel()
	for fails, says := range map[string]string{
		"scale": "number of tasks: AWS is down", "record previous old": "record: AWS is down", "record current new": "record: AWS is down",
	} {
		w := newWorld(t)
		w.fail[fails] = errDown
		wantError(t, w.deployment(io.Discard).Deploy(t.Context(), release("new")), says)
		if on := w.releases["current"].Name; names(w.running) != strings.Join([]string{on, on, on}, " ") {
			t.Errorf("%s failed: %s runs, and %s is on record", fails, names(w.running), on)
		}
	}
}

// TestRestoreWithoutTheRecord puts back the release that ran when it began.
func TestRestoreWithoutTheRecord(t *testing.T) {
	t.Parallel()
	f := &flaky{newWorld(t), map[string]int{}, "record current 2"}
	f.fail["migrate"] = errors.New("it broke")
	d := &deployment{environment: "dev", stack: f, cloud: f, out: io.Discard, smoke: time.Millisecond}
	wantError(t, d.Deploy(t.Context(), release("new")), "new was not released, old runs: migration: it broke")
	if got := names(f.running); got != "old old old" {
		t.Errorf("%s runs", got)
	}
}

func TestRollbackFails(t *testing.T) {
	t.Parallel()
	f := &flaky{newWorld(t), map[string]int{}, "record current 1"}
	d := &deployment{environment: "dev", stack: f, cloud: f, out: io.Discard, smoke: time.Millisecond}
	if err := d.Rollback(t.Context(), release("new")); !errors.Is(err, errDown) {
		t.Errorf("error %v, wanted AWS' own", err)
	}
	if len(f.calls) != 0 {
		t.Errorf("calls %q", f.calls)
	}
}

// TestStatusFails: and it prints all that it has read by then.
func TestStatusFails(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const now, before, api = "current  old, released 2026-01-02T03:04:05Z\n", "previous no release\n", "api      1 of 1 tasks, rollout COMPLETED, fualab-dev-api:7\n"
	for fails, want := range map[string]string{"": now + before + api + "address  ", "outputs 1": now + before + api + "address  unknown: AWS is down\n", "record current 1": "", "record previous 1": now, "services 1": now + before + api} {
		f := &flaky{newWorld(t), map[string]int{}, fails}
		running := release("old")
		running.DeployedAt = &at
		f.releases["current"] = running
		var out bytes.Buffer
		err := (&deployment{environment: "dev", stack: f, cloud: f, out: &out}).Status(t.Context())
		if fails == "" {
			want += f.api.URL + "\n"
		}
		if errors.Is(err, errDown) != (fails != "" && fails != "outputs 1") || out.String() != want {
			t.Errorf("%q: error %v, printed %q, wanted %q", fails, err, out.String(), want)
		}
	}
}

// TestDeployTellsItsSteps, and how long each has taken.
func TestDeployTellsItsSteps(t *testing.T) {
	t.Parallel()
	took := regexp.MustCompile(`(, |after )[0-9.]+(µs|ms|s)\n|http://[0-9.:]+`)
	tell := func(w *world) string {
		var out bytes.Buffer
		_ = w.deployment(&out).Deploy(t.Context(), release("new"))
		return took.ReplaceAllString(out.String(), "$1…\n")
	}
	const begin = "dev: old → new\n→ what would change\n✓ what would change, …\n→ migration's task\n✓ migration's task, …\n→ migration\n"
	const end = "✓ migration, …\n→ services\n✓ services, …\n→ number of tasks\n✓ number of tasks, …\n→ smoke test\n  at …\n\n✓ smoke test, …\n→ record\n✓ record, …\ndev runs new after …\n"
	if diff := cmp.Diff(begin+end, tell(newWorld(t))); diff != "" {
		t.Errorf("of a success (-wanted +printed):\n%s", diff)
	}
	w := newWorld(t)
	w.fail["migrate"] = errors.New("it broke")
	if diff := cmp.Diff(begin+"FAILED: migration: it broke\n→ putting old back\n✓ putting old back, …\n", tell(w)); diff != "" {
		t.Errorf("of a failure (-wanted +printed):\n%s", diff)
	}
}

// TestRecordTellsWhenItWasReleased: in UTC, to the second.
func TestRecordTellsWhenItWasReleased(t *testing.T) {
	t.Parallel()
	w := &timed{world: newWorld(t)}
	began := time.Now().Truncate(time.Second)
	d := &deployment{environment: "dev", stack: w, cloud: w, out: io.Discard, smoke: time.Millisecond}
	if err := d.Deploy(t.Context(), release("new")); err != nil {
		t.Fatal(err)
	}
	if w.at == nil || w.at.Before(began) || w.at.After(time.Now()) || w.at.Location() != time.UTC || w.at.Nanosecond() != 0 {
		t.Errorf("released at %v", w.at)
	}
}

// timed keeps when the current release was released.
type timed struct {
	*world
	at *time.Time
}

func (w *timed) PutRecord(ctx context.Context, name string, r Release) error {
	if name == current {
		w.at = r.DeployedAt
	}
	return w.world.PutRecord(ctx, name, r)
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// start starts a platform with a worker whose schedules are paused.
func start(t *testing.T) *platform {
	t.Helper()
	p, err := startPlatform(t.Context(), testdb.EmptyURL(t, "postgres").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	if err := p.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestNudges: with an API and a worker, a new item is enriched within a second.
// The test allows more time, because the machine may be busy.
func TestNudges(t *testing.T) {
	redis := testredis.Server(t).Reveal()
	p := start(t)
	url, err := p.startAPI(t.Context(), redis)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.startWorker(t.Context(), redis); err != nil {
		t.Fatal(err)
	}
	times, err := p.enrichedAfter(t.Context(), url, 20)
	if err != nil {
		t.Fatal(err)
	}
	if p95 := at(times, 95); p95 > 5*nudged {
		t.Errorf("p95 is %s of %v", p95, times)
	}
}

// TestLadder follows a failing run through all its attempts. After the cause is
// repaired, it retries the run by the API.
func TestLadder(t *testing.T) {
	if !testdb.Required() {
		t.Skip("takes 20 s: FUALAB_TEST_REQUIRE=1 runs it")
	}
	p := start(t)
	ctx := t.Context()
	sql := func(statement string) {
		t.Helper()
		if err := p.exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	sql("ALTER TABLE item_stats RENAME TO lost")
	begun := p.ask(ctx, t, http.MethodPost, "/api/schedules/stats.rollup/runs", http.StatusAccepted)
	path := fmt.Sprintf("/api/runs/%d", begun.ID)
	await := func(state string) runView {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
			got := p.ask(ctx, t, http.MethodGet, path, http.StatusOK)
			if got.State == state {
				return got
			}
			if time.Now().After(deadline) {
				t.Fatalf("the run does not become %s: %+v", state, got)
			}
		}
	}
	if got := await("discarded"); got.Attempt != runs.MaxAttempts || len(got.Errors) != runs.MaxAttempts {
		t.Errorf("the discarded run: %+v", got)
	}
	sql("ALTER TABLE lost RENAME TO item_stats")
	p.ask(ctx, t, http.MethodPost, path+"/retry", http.StatusOK)
	if got := await("completed"); got.Attempt != runs.MaxAttempts+1 {
		t.Errorf("the retried run: %+v", got)
	}
}

// runView is the part of a run that the test reads.
type runView struct {
	ID      int64
	State   string
	Attempt int
	Errors  []struct{ Error string }
}

func (p *platform) ask(ctx context.Context, t *testing.T, method, path string, status int) runView {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := sender.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got runView
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != status {
		t.Fatalf("%s %s: status %s, %v", method, path, resp.Status, err)
	}
	return got
}

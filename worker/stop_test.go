package worker

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/httpapi/jobconsole"
	"github.com/fualab/fualab/worker/internal/task"
)

// TestBeatsWhileItStops proves that no worker takes over a run that has time to
// finish, longer than a heartbeat's time to live. The run ends after the
// stopping worker has sent a heartbeat and the other worker has checked it. By
// then, a heartbeat from before the stop would be stale for two seconds.
func TestBeatsWhileItStops(t *testing.T) {
	t.Parallel()
	each(t, testdb.NewURL, func(t *testing.T, url config.DatabaseURL) {
		const lives, most = 5 * time.Second, testwait.Patience
		entered, release := make(chan struct{}, 2), make(chan struct{})
		slow := task.Task{
			Name: "test.slow", Summary: "slow", Cron: "0 0 1 1 *", MissedPolicy: model.MissedSkip, OverlapPolicy: model.OverlapSkip, Timeout: most,
			Run: func(context.Context) (task.Result, error) {
				entered <- struct{}{}
				<-release
				return task.Result{}, nil
			},
		}
		worker := func(name string) *process {
			return startWith(t, Config{
				Common: config.Common{
					DatabaseURL: url, ShutdownTimeout: config.Seconds(2 * most), HeartbeatTTL: config.Seconds(lives),
				},
				HeartbeatInterval: config.Seconds(time.Second), Concurrency: 1, Instance: name, tasks: []task.Task{slow},
			})
		}
		db := testdb.Open(t, url)
		client, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		first := worker("test-1")
		run, err := runs.Insert(t.Context(), client, "test.slow", runs.Manual)
		if err != nil {
			t.Fatal(err)
		}
		testwait.Receive(t, "the run to begin", entered)
		other := worker("test-2")
		testwait.For(t, "both to be known", func() bool { return len(workers(t, db)) == 2 })
		first.cancel()
		late := time.Now().Add(lives + 2*time.Second)
		testwait.For(t, "both to beat after the heartbeat's life", func() bool {
			beats := workers(t, db)
			return len(beats) == 2 && beats[0].LastBeat.Std().After(late) && beats[1].LastBeat.Std().After(late)
		})
		close(release)
		first.stop()
		if lines := other.log.lines("run rescued"); len(lines) > 0 {
			t.Errorf("taken over: %s", lines)
		}
		if run, err = client.Get(t.Context(), run.ID); err != nil || run.State != runs.StateCompleted || run.Attempt != 1 {
			t.Errorf("the run is %+v, %v", run, err)
		}
	})
}

// TestJobConsole proves that the console exists if the setting asks for it.
func TestJobConsole(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"": http.StatusNotFound, "FUALAB_JOBS_UI=true": http.StatusOK} {
		url := testdb.NewURL(t, "sqlite")
		cfg, err := config.Load[Config]([]string{"FUALAB_DATABASE_URL=" + url.Reveal(), name})
		if err != nil {
			t.Fatal(err)
		}
		cfg.NewJobConsole = jobconsole.New
		p := startWith(t, cfg)
		p.await("/ready", "ready")
		for _, path := range []string{"/jobs/", "/jobs/api/queues"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("with %q, %s answers %d, want %d", name, path, resp.StatusCode, want)
			}
		}
		p.stop()
	}
}

package runner_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/task"
)

const benchTask = "bench.nothing"

// BenchmarkAgainstRiver compares the runner with a bare client of River. Both
// have the same settings, and execute the same number of runs of an empty task.
// An iteration is a pair, so that both meet the same noise. Metrics are
// medians.
//
// River fetches fifty times a second, at most the free number of runs. With a
// worker's default concurrency both wait for that; with its largest, a
// thousand, nearly so. With more concurrency than any worker has, both use all
// processor time. Then the ratio is the cost of the runner's additions.
func BenchmarkAgainstRiver(b *testing.B) {
	for _, size := range []struct{ concurrency, jobs int }{{4, 160}, {1000, 20_000}, {5000, 40_000}} {
		b.Run(fmt.Sprintf("concurrency=%d", size.concurrency), func(b *testing.B) {
			db := testdb.New(b, "postgres")
			var ours, bare, ratios []float64
			for b.Loop() {
				measure := []func(){
					func() { ours = append(ours, throughput(b, db, size.jobs, startOurs(b, db, size.concurrency))) },
					func() { bare = append(bare, throughput(b, db, size.jobs, startBare(b, db, size.concurrency))) },
				}
				if len(ratios)%2 == 1 { // the order alternates
					slices.Reverse(measure)
				}
				measure[0]()
				measure[1]()
				ratios = append(ratios, ours[len(ours)-1]/bare[len(bare)-1])
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(bare), "bare-runs/s")
			b.ReportMetric(median(ours), "runs/s")
			b.ReportMetric(median(ratios), "ratio")
		})
	}
}

// system executes runs after its start.
type system struct {
	start func(ctx context.Context) error
	stop  func(ctx context.Context) error
	done  *atomic.Int64 // runs executed
}

func startOurs(b *testing.B, db *database.DB, concurrency int) system {
	b.Helper()
	s := system{done: new(atomic.Int64)}
	runner.Beat(b, db, "bench-1")
	r, err := runner.New(runner.Config{
		Instance: "bench-1", Concurrency: concurrency, SoftStop: 10 * time.Second, DeadAfter: time.Hour,
		Tasks: []task.Task{named(benchTask, func(context.Context) (task.Result, error) {
			s.done.Add(1)
			return task.Result{}, nil
		})},
		DB: db, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), //nolint:sloglint // the log line is a part of a run's cost
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	turns := loop.New(loop.Config{Steps: []loop.Step{{Name: "execute", Run: r.Step}}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	ended := make(chan struct{})
	s.start = func(context.Context) error {
		go func() { turns.Run(ctx); close(ended) }()
		return nil
	}
	s.stop = func(stopping context.Context) error {
		cancel()
		<-ended
		return r.Stop(stopping)
	}
	return s
}

// idle is an empty worker of River.
type idle struct {
	river.WorkerDefaults[runs.Args]
	done *atomic.Int64
}

func (w *idle) Work(context.Context, *river.Job[runs.Args]) error {
	w.done.Add(1)
	return nil
}

type everySecond struct{}

func (everySecond) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Second) }

func startBare(b *testing.B, db *database.DB, concurrency int) system {
	b.Helper()
	s := system{done: new(atomic.Int64)}
	workers := river.NewWorkers()
	river.AddWorkerArgs(workers, runs.Args{Task: benchTask}, &idle{done: s.done})
	client, err := river.NewClient[*sql.Tx](runs.NewDriver(db), &river.Config{
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: concurrency}},
		FetchPollInterval: time.Second,
		FetchCooldown:     20 * time.Millisecond,
		SoftStopTimeout:   10 * time.Second,
		RetryPolicy:       everySecond{},
		Logger:            slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	s.start, s.stop = client.Start, client.Stop
	return s
}

// throughput returns the number of runs per second of s, until the database has
// all of them as completed.
func throughput(b *testing.B, db *database.DB, jobs int, s system) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	insertRuns(ctx, b, db, jobs)
	begin := time.Now()
	if err := s.start(ctx); err != nil {
		b.Fatal(err)
	}
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for left := true; left; {
		select {
		case <-ctx.Done():
			b.Fatalf("%d of %d runs after %s", s.done.Load(), jobs, time.Since(begin))
		case <-again.C:
		}
		if s.done.Load() < int64(jobs) {
			continue // counting would slow the runs down
		}
		if err := db.NewRaw("SELECT EXISTS (SELECT FROM river_job WHERE state <> 'completed')").Scan(ctx, &left); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(begin)
	if err := s.stop(ctx); err != nil {
		b.Fatal(err)
	}
	return float64(jobs) / took.Seconds()
}

func insertRuns(ctx context.Context, b *testing.B, db *database.DB, jobs int) {
	b.Helper()
	if _, err := db.ExecContext(ctx, "TRUNCATE river_job"); err != nil {
		b.Fatal(err)
	}
	client, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	all := slices.Repeat([]river.InsertManyParams{{
		Args:       runs.Args{Task: benchTask, Trigger: runs.Manual},
		InsertOpts: &river.InsertOpts{MaxAttempts: runs.MaxAttempts},
	}}, jobs)
	for batch := range slices.Chunk(all, 1000) {
		if _, err := client.River().InsertMany(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.ExecContext(ctx, "ANALYZE river_job"); err != nil {
		b.Fatal(err)
	}
}

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

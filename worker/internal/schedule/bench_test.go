package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/schedule"
	"github.com/fualab/fualab/worker/internal/task"
)

// BenchmarkIdleTurn turns over 1,000 schedules that are not due. Its metrics
// are shares of one core at one turn a second. One is the processor time of
// this process. The other is the duration of the turn, as an upper limit that
// includes the database.
func BenchmarkIdleTurn(b *testing.B) {
	for _, dialect := range testdb.Dialects {
		b.Run(dialect, func(b *testing.B) {
			db := testdb.New(b, dialect)
			client, err := runs.NewInserter(db, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			tasks := make([]task.Task, 1000)
			for i := range tasks {
				tasks[i] = everyMinute(fmt.Sprintf("bench.task_%d", i))
			}
			now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
			ticker, err := schedule.New(schedule.Config{
				Tasks: tasks, DB: db, Client: client, Log: slog.New(slog.DiscardHandler),
				Now: func() time.Time { return now },
			})
			if err != nil {
				b.Fatal(err)
			}
			turn := func() {
				if err := ticker.Step(context.Background(), loop.Turn{}); err != nil {
					b.Fatal(err)
				}
			}
			turn() // declares the schedules
			before := cpuTime(b)
			for b.Loop() {
				turn()
			}
			turns := float64(b.N)
			b.ReportMetric((cpuTime(b)-before).Seconds()/turns*100, "%cpu")
			b.ReportMetric(b.Elapsed().Seconds()/turns*100, "%wall")
		})
	}
}

// cpuTime is the processor time of this process so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

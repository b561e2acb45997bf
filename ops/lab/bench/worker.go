package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/fualab/fualab/shared/runs"
)

// workerSizes has the sizes of the worker's benchmark.
type workerSizes struct {
	items, total, due, rate, rounds, nudges int
	quiet                                   time.Duration
}

// benchWorker measures a worker: the delay of a new item's enrichment, its tasks
// alone and their impact on the API's clients, its runner and its tick. It fails
// when a figure misses its goal.
func benchWorker(ctx context.Context, p *platform, args []string, out io.Writer) error {
	var sizes workerSizes
	flags := flag.NewFlagSet("bench worker", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&sizes.items, "items", 100_000, "items that a task changes, in a table of as many")
	flags.IntVar(&sizes.total, "total", 1_000_000, "items in the table during the clients' load; 0 leaves that part out")
	flags.IntVar(&sizes.due, "due", 100_000, "items of those that expire")
	flags.IntVar(&sizes.rate, "rate", 100, "requests a second that clients send")
	flags.IntVar(&sizes.rounds, "rounds", 3, "rounds of each measurement; medians are printed")
	flags.IntVar(&sizes.nudges, "nudges", 100, "items that are created one after another")
	flags.DurationVar(&sizes.quiet, "quiet", 10*time.Second, "duration of the clients' load without an expiry, per round")
	limit := flags.Duration("limit", 20*time.Minute, "time limit of the whole run")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if min(sizes.items, sizes.due, sizes.rate, sizes.rounds, sizes.nudges) < 1 || sizes.total != 0 && sizes.total < sizes.due*sizes.rounds {
		return errors.New("sizes must be at least 1, and -total at least -due times -rounds, or 0")
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	if err := p.work(ctx); err != nil {
		return err
	}
	var f figures
	for _, bench := range []func() error{
		func() error { return benchNudges(ctx, p, sizes.nudges, &f, out) },
		func() error { return benchTasks(ctx, p, sizes, &f, out) },
		func() error { return benchClients(ctx, p, sizes, &f, out) },
		func() error { return benchInside(ctx, &f, out) },
	} {
		if err := bench(); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintln(out)
	return f.table(out)
}

// work starts a worker with paused schedules, so that it runs only the tasks
// that a benchmark requests, and warms it up.
func (p *platform) work(ctx context.Context) error {
	if err := p.startWorker(ctx, ""); err != nil {
		return err
	}
	err := until(ctx, "the worker to declare its schedules", func() (bool, error) {
		result, err := p.db.ExecContext(ctx, "UPDATE schedules SET paused = true")
		if err != nil {
			return false, err
		}
		n, err := result.RowsAffected()
		return n > 0, err
	})
	for _, task := range []string{"items.enrich", "items.expire"} {
		if err == nil {
			_, err = p.run(ctx, task, 0)
		}
	}
	return err
}

// run lets the worker run task once, as an operator would, and returns the
// duration in the run's own record. It fails unless the run completes and
// changes at least rows rows.
func (p *platform) run(ctx context.Context, task string, rows int64) (time.Duration, error) {
	job, err := runs.Insert(ctx, p.queue, task, runs.Manual)
	if err != nil {
		return 0, err
	}
	var record struct {
		State   string
		Errors  string
		Rows    int64
		Seconds float64
	}
	for record.State != "completed" {
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("run %s: %w", task, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
		err := p.db.NewRaw(`SELECT state::text AS state, coalesce(array_to_string(errors, ' '), '') AS errors,
			coalesce((metadata -> 'output' ->> 'rows_affected')::bigint, 0) AS rows,
			coalesce(extract(epoch FROM finalized_at - attempted_at), 0)::float8 AS seconds
			FROM river_job WHERE id = ?`, job.ID).Scan(ctx, &record)
		if err != nil {
			return 0, err
		}
		if record.Errors != "" {
			return 0, fmt.Errorf("run %s: %s", task, record.Errors)
		}
	}
	if record.Rows < rows {
		return 0, fmt.Errorf("run %s: changed %d rows of %d", task, record.Rows, rows)
	}
	return time.Duration(record.Seconds * float64(time.Second)), nil
}

// median returns the middle value, the lower one of two.
func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

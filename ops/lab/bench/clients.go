package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// allowed is the highest ratio of the 99th percentile of requests while items
// expire.
const allowed = 2

// benchClients measures the API's response times in turns, on an idle platform
// and while due of total items expire.
func benchClients(ctx context.Context, p *platform, sizes workerSizes, f *figures, out io.Writer) error {
	if sizes.total == 0 {
		return nil
	}
	if err := p.fill(ctx, sizes.total, filling{enriched: true}); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "| %d requests/s, %d of %d items expire | p50 | p99 | p50 meanwhile | p99 meanwhile | requests | items/s | p99 ratio, at most %d |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
		sizes.rate, sizes.due, sizes.total, allowed)
	var ratios []float64
	for round := range sizes.rounds {
		if err := p.makeDue(ctx, sizes, round); err != nil {
			return err
		}
		quiet, err := p.load(ctx, sizes, func(ctx context.Context) error { return pause(ctx, sizes.quiet) })
		if err != nil {
			return err
		}
		var took time.Duration
		busy, err := p.load(ctx, sizes, func(ctx context.Context) (err error) {
			took, err = p.run(ctx, "items.expire", int64(sizes.due))
			return err
		})
		if err != nil {
			return err
		}
		ratios = append(ratios, float64(at(busy, 99))/float64(at(quiet, 99)))
		_, _ = fmt.Fprintf(out, "| round %d | %s | %s | %s | %s | %d + %d | %.0f | %.2f |\n", round+1,
			at(quiet, 50), at(quiet, 99), at(busy, 50), at(busy, 99), len(quiet), len(busy), float64(sizes.due)/took.Seconds(), ratios[round])
	}
	_, _ = fmt.Fprintf(out, "| median | | | | | | | %.2f |\n\n", median(ratios))
	f.atMost(allowed, median(ratios), "the API's p99 while items expire, of its p99 without")
	return nil
}

// makeDue makes items from the whole table due, other ones each round, and
// leaves the table as compact as if they had always been due.
func (p *platform) makeDue(ctx context.Context, sizes workerSizes, round int) error {
	every := sizes.total / sizes.due
	err := p.exec(ctx, "UPDATE items SET expires_at = now() - random() * interval '1 day' WHERE id % ? = ? AND id <= ?", every, round, every*sizes.due)
	if err != nil {
		return err
	}
	if err := p.exec(ctx, "VACUUM ANALYZE items"); err != nil {
		return err
	}
	return p.exec(ctx, "CHECKPOINT")
}

// at returns the given percentile of sorted times.
func at(times []time.Duration, percent int) time.Duration {
	return times[(len(times)-1)*percent/100].Round(10 * time.Microsecond)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func sorted(times []time.Duration) []time.Duration {
	slices.Sort(times)
	return times
}

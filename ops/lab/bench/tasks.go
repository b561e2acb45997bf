package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// workload is a task and, for comparison, one statement that writes the same
// columns of the same rows in one piece, without a search for them.
type workload struct {
	task string
	fill filling
	peer string
}

var workloads = []workload{
	{"items.enrich", filling{due: true}, "UPDATE items SET slug = 'item-' || id, fingerprint = md5(name), enriched_version = version"},
	{"items.expire", filling{enriched: true, due: true}, "UPDATE items SET status = 'expired', updated_at = now(), version = version + 1, enriched_version = version + 1"},
}

// wanted is the goal of a task, in items a second.
const wanted = 10_000

// benchTasks measures each task and its statement in turn, on equal tables.
func benchTasks(ctx context.Context, p *platform, sizes workerSizes, f *figures, out io.Writer) error {
	_, _ = fmt.Fprintf(out, "| %d items, median of %d | items/s | goal | one UPDATE, items/s | ratio |\n| --- | --- | --- | --- | --- |\n", sizes.items, sizes.rounds)
	for _, load := range workloads {
		var ours, bare, ratios []float64
		for range sizes.rounds {
			if err := p.fill(ctx, sizes.items, load.fill); err != nil {
				return err
			}
			took, err := p.run(ctx, load.task, int64(sizes.items))
			if err != nil {
				return err
			}
			if err := p.fill(ctx, sizes.items, load.fill); err != nil {
				return err
			}
			begin := time.Now()
			if err := p.exec(ctx, load.peer); err != nil {
				return err
			}
			peer := time.Since(begin)
			ours = append(ours, float64(sizes.items)/took.Seconds())
			bare = append(bare, float64(sizes.items)/peer.Seconds())
			ratios = append(ratios, float64(peer)/float64(took))
		}
		_, _ = fmt.Fprintf(out, "| %s | %.0f | %d | %.0f | %.2f |\n", load.task, median(ours), wanted, median(bare), median(ratios))
		f.atLeast(wanted, median(ours), "%s, items/s", load.task)
	}
	_, _ = fmt.Fprintln(out)
	return nil
}

// filling describes the state of all items.
type filling struct{ enriched, due bool }

// fill leaves n items. One in ten has the name of an older one.
func (p *platform) fill(ctx context.Context, n int, f filling) error {
	for _, statement := range []string{"TRUNCATE items, item_events", "ALTER TABLE items ALTER id RESTART"} {
		if err := p.exec(ctx, statement); err != nil {
			return err
		}
	}
	err := p.exec(ctx, `
		INSERT INTO items (name, description, search_text, created_at, updated_at, expires_at, enriched_version, slug, fingerprint)
		SELECT name, 'number ' || n, name, t, t, CASE WHEN ?1 THEN t + random() * interval '1 day' END,
			?0::int, CASE WHEN ?0 THEN 'item-' || n END, CASE WHEN ?0 THEN md5(name) END
		FROM (SELECT n, 'Item ' || md5((CASE WHEN n % 10 = 0 THEN n / 2 + 1 ELSE n END)::text) AS name,
			now() - interval '2 days' AS t FROM generate_series(1, ?2) n) numbers
		ORDER BY n`, f.enriched, f.due, n)
	if err != nil {
		return err
	}
	if err := p.exec(ctx, "VACUUM ANALYZE items"); err != nil {
		return err
	}
	return p.exec(ctx, "CHECKPOINT") // otherwise it could happen during a measurement
}

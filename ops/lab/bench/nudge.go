package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// The goals for the delay of a new item's enrichment.
const (
	nudged = time.Second      // 95th percentile with Redis
	swept  = 65 * time.Second // a sweep per minute, and its run
)

// benchNudges creates items through an API, one after another, and measures the
// delay of their enrichment: several with Redis, and one without.
func benchNudges(ctx context.Context, p *platform, items int, f *figures, out io.Writer) error {
	redis := os.Getenv("FUALAB_TEST_REDIS_URL")
	if redis == "" {
		return fmt.Errorf("FUALAB_TEST_REDIS_URL is not set: run this by ops/ci/with-services.sh")
	}
	url, err := p.startAPI(ctx, redis)
	if err != nil {
		return err
	}
	if err := p.startWorker(ctx, redis); err != nil {
		return err
	}
	times, err := p.enrichedAfter(ctx, url, items)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d items by notification: p50 %s, p95 %s, max %s\n", items, at(times, 50), at(times, 95), at(times, 100))
	f.atMost(nudged.Seconds(), at(times, 95).Seconds(), "enriched after a notification, p95 of %d, seconds", items)

	err = p.exec(ctx, "UPDATE schedules SET paused = false, next_run_at = date_trunc('minute', now()) + interval '1 minute' WHERE name = 'items.enrich'")
	if err != nil {
		return err
	}
	times, err = p.enrichedAfter(ctx, p.url, 1)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "one without Redis: %s\n\n", at(times, 100))
	f.atMost(swept.Seconds(), at(times, 100).Seconds(), "enriched by the sweep, seconds")
	return p.exec(ctx, "UPDATE schedules SET paused = true WHERE name = 'items.enrich'")
}

// enrichedAfter creates n items through the API at url and returns the delay of
// each enrichment, sorted.
func (p *platform) enrichedAfter(ctx context.Context, url string, n int) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	for i := range times {
		begin := time.Now()
		id, err := create(ctx, url, fmt.Sprintf("Nudge %d", i))
		if err != nil {
			return nil, err
		}
		for done := false; !done; {
			if err := p.db.NewRaw("SELECT enriched_version >= version FROM items WHERE id = ?", id).Scan(ctx, &done); err != nil {
				return nil, err
			}
			if done {
				break
			}
			if time.Since(begin) > 2*swept {
				return nil, fmt.Errorf("item %d is not enriched after %s", id, time.Since(begin))
			}
			if err := pause(ctx, 5*time.Millisecond); err != nil {
				return nil, err
			}
		}
		times[i] = time.Since(begin)
	}
	return sorted(times), nil
}

func create(ctx context.Context, url, name string) (id int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/items", strings.NewReader(fmt.Sprintf(`{"name":%q}`, name))) //nolint:gosec // this program's own API
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := sender.Do(req) //nolint:gosec // this program's own API
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusCreated {
		return 0, fmt.Errorf("POST /api/items: status %s", resp.Status)
	}
	var item struct{ ID int64 }
	err = json.NewDecoder(resp.Body).Decode(&item)
	return item.ID, err
}

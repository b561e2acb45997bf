package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	limit = 100 // rows of the compared page
	pairs = 300 // measurements
	// mostRatio is the limit for a page 90 % deep, relative to the first page.
	mostRatio = 1.2
)

// sorts are the documented sorts.
var sorts = []string{"id", "-id", "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"}

// benchList compares the first page with a page 90 % deep, for every sort, and
// fails if one exceeds mostRatio. It reaches that page as a client does, by
// following the links.
func benchList(ctx context.Context, p *platform, args []string, out io.Writer) error {
	rows := 1_000_000
	if len(args) > 0 {
		if _, err := fmt.Sscan(args[0], &rows); err != nil || rows < 10_000 {
			return errors.New("rows must be a number of at least 10000")
		}
	}
	begin := time.Now()
	if err := p.fillList(ctx, rows); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d items inserted in %s\n\n", rows, time.Since(begin).Round(time.Second))
	_, _ = fmt.Fprintf(out, "| GET /api/items, %d of %d rows | first page | page at row %d | ratio |\n| --- | --- | --- | --- |\n", limit, rows, rows/10*9)
	var slow []string
	for _, sort := range sorts {
		first := fmt.Sprintf("%s/api/items?limit=%d&sort=%s", p.url, limit, sort)
		deep, err := p.follow(ctx, fmt.Sprintf("%s/api/items?limit=1000&sort=%s", p.url, sort), rows/10*9/1000)
		if err != nil {
			return err
		}
		a, b, err := interleave(ctx, first, strings.Replace(deep, "limit=1000", fmt.Sprintf("limit=%d", limit), 1), pairs)
		if err != nil {
			return err
		}
		ratio := float64(b) / float64(a)
		_, _ = fmt.Fprintf(out, "| sort=%s, median of %d | %s | %s | %.2f |\n", sort, pairs, a.Round(time.Microsecond), b.Round(time.Microsecond), ratio)
		if ratio > mostRatio {
			slow = append(slow, sort)
		}
	}
	if len(slow) > 0 {
		return fmt.Errorf("a deep page takes more than %.1f times the first one for sort=%s", mostRatio, strings.Join(slow, ", "))
	}
	return nil
}

// fillList inserts rows items, created a minute apart.
func (p *platform) fillList(ctx context.Context, rows int) error {
	err := p.exec(ctx, `
		INSERT INTO items (name, description, search_text, created_at, updated_at)
		SELECT 'item ' || md5(n::text), 'number ' || n, 'item ' || md5(n::text), t, t
		FROM (SELECT n, timestamptz '2020-01-01' + n * interval '1 minute' AS t FROM generate_series(1, ?) n) numbers`, rows)
	if err != nil {
		return err
	}
	return p.exec(ctx, "VACUUM ANALYZE items")
}

// follow returns the URL of the page that is n links away.
func (p *platform) follow(ctx context.Context, url string, n int) (string, error) {
	for range n {
		header, err := get(ctx, url)
		if err != nil {
			return "", err
		}
		next, _, found := strings.Cut(header.Get("Link"), `>; rel="next"`)
		if !found {
			return "", fmt.Errorf("%s has no next page", url)
		}
		url = p.url + strings.TrimPrefix(next, "<")
	}
	return url, nil
}

// interleave requests a and b in turn, the given number of pairs, so that both meet the same noise. It
// returns the median of each.
func interleave(ctx context.Context, a, b string, pairs int) (medianA, medianB time.Duration, err error) {
	var times [2][]time.Duration
	for i := range 2 * (pairs + 20) {
		begin := time.Now()
		if _, err := get(ctx, [2]string{a, b}[i%2]); err != nil {
			return 0, 0, err
		}
		if i >= 2*20 { // after the warm-up
			times[i%2] = append(times[i%2], time.Since(begin))
		}
	}
	slices.Sort(times[0])
	slices.Sort(times[1])
	return times[0][pairs/2], times[1][pairs/2], nil
}

func get(ctx context.Context, url string) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody) //nolint:gosec // this program's own API
	if err != nil {
		return nil, err
	}
	// The benchmark measures the database.
	req.Header.Set("Cache-Control", "no-cache")
	resp, err := http.DefaultClient.Do(req) //nolint:gosec // this program's own API
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s responded with %s", url, resp.Status)
	}
	return resp.Header, nil
}

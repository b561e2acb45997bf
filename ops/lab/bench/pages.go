package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	fewRows  = 1000
	mostDeep = 100 // pages of 1000 on the way to the deep page
)

// benchPages compares a page of a long list with a page of a short list, for
// every sort: the first page and a deep one.
func benchPages(ctx context.Context, b *apiBench) error {
	return b.withAPI(ctx, func(long *platform, _ *process) error {
		return b.withAPI(ctx, func(few *platform, _ *process) error {
			return b.pages(ctx, long, few)
		})
	})
}

func (b *apiBench) pages(ctx context.Context, long, few *platform) error {
	begin := time.Now()
	for rows, p := range map[int]*platform{b.rows: long, fewRows: few} {
		// Lists do not use it, and creating it would take longer than all else.
		if err := p.exec(ctx, "DROP INDEX items_search"); err != nil {
			return err
		}
		if err := p.fillList(ctx, rows); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(b.out, "%d items inserted in %s.\n\n", b.rows, time.Since(begin).Round(time.Second))
	n, judged, deep := pairs, sorts, min(mostDeep, b.rows/2000)
	if b.short {
		n, judged = 20, sorts[:1]
	}
	_, _ = fmt.Fprintf(b.out, "| GET /api/items, %d of a list, no-cache, median of %d | of %d | of %d | ratio |\n| --- | --- | --- | --- |\n", limit, n, b.rows, fewRows)
	var worst float64
	for _, sort := range judged {
		for _, depth := range []struct{ long, few int }{{0, 0}, {deep, 1}} {
			a, err := long.page(ctx, sort, 1000, depth.long)
			if err != nil {
				return err
			}
			z, err := few.page(ctx, sort, fewRows/2, depth.few)
			if err != nil {
				return err
			}
			took, base, err := interleave(ctx, a, z, n)
			if err != nil {
				return err
			}
			ratio := float64(took) / float64(base)
			worst = max(worst, ratio)
			_, _ = fmt.Fprintf(b.out, "| sort=%s, behind %d and %d items | %s | %s | %.2f |\n", sort, depth.long*1000, depth.few*fewRows/2,
				took.Round(time.Microsecond), base.Round(time.Microsecond), ratio)
		}
	}
	_, _ = fmt.Fprintln(b.out)
	b.figures.atMost(mostRatio, worst, "any page of %d items, of one of %d, the worst", b.rows, fewRows)
	return nil
}

// page returns the URL of a page of limit items after n pages of size items.
func (p *platform) page(ctx context.Context, sort string, size, n int) (string, error) {
	part := fmt.Sprintf("limit=%d", size)
	url, err := p.follow(ctx, fmt.Sprintf("%s/api/items?%s&sort=%s", p.url, part, sort), n)
	return strings.Replace(url, part, fmt.Sprintf("limit=%d", limit), 1), err
}

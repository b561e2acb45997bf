package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

const searchP99 = 50.0 // milliseconds

// searchTerm generates search terms.
type searchTerm struct {
	name string
	term func(r *rand.Rand, rows int) string
}

// The words of the items' names.
var (
	colours = strings.Fields("amber azure beige black bronze coral crimson cyan ebony emerald golden indigo ivory khaki lavender lilac")
	things  = strings.Fields("anchor barrel basket bottle bucket button candle carpet castle ceiling chimney clock compass cradle curtain " +
		"engine feather fiddle garden hammer helmet kettle ladder lantern mirror needle pencil saddle shovel teapot wagon")
)

// searchTerms are requested in equal parts.
var searchTerms = []searchTerm{
	{"common: of one item in 16", func(r *rand.Rand, _ int) string { return pick(r, colours) }},
	{"less so: one in 31", func(r *rand.Rand, _ int) string { return pick(r, things) }},
	{"two words: one in 496", func(r *rand.Rand, _ int) string { return pick(r, colours) + " " + pick(r, things) }},
	{"rare: a few items", func(r *rand.Rand, rows int) string { return fmt.Sprintf("%d", rows/10+r.IntN(rows*9/10)) }},
	{"absent, beside a word that occurs", func(r *rand.Rand, _ int) string { return "granite " + pick(r, things) }},
	{"absent altogether", func(*rand.Rand, int) string { return "xylophone" }},
}

func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

// benchSearch measures q on many items in Postgres, one request at a time.
func benchSearch(ctx context.Context, b *apiBench) error {
	return b.withAPI(ctx, func(p *platform, api *process) error {
		if err := p.fillSearched(ctx, b.searched); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(b.out, "| GET /api/items?q=…&limit=50, %d items, no-cache, one at a time | requests | p50, ms | p99, ms |\n| --- | --- | --- | --- |\n", b.searched)
		one := func(name string, terms ...searchTerm) (float64, error) {
			t := traffic{api.url, fresh(searching(b.searched, terms))}
			if _, err := t.closed(ctx, 1, b.duration/4); err != nil {
				return 0, err
			}
			got, err := t.closed(ctx, 1, b.duration)
			if err != nil {
				return 0, err
			}
			p99 := milliseconds(got.percentile(99))
			_, _ = fmt.Fprintf(b.out, "| %s | %d | %.2f | %.2f |\n", name, got.requests, milliseconds(got.percentile(50)), p99)
			return p99, nil
		}
		for _, term := range slices.Concat(searchTerms, shortTerms) {
			if _, err := one(term.name, term); err != nil {
				return err
			}
		}
		var all []float64
		for round := range b.rounds {
			p99, err := one(fmt.Sprintf("all but the last, round %d", round+1), searchTerms...)
			if err != nil {
				return err
			}
			all = append(all, p99)
		}
		_, _ = fmt.Fprintln(b.out)
		b.figures.atMost(searchP99, median(all), "search in %d items, rare, common and absent terms, p99, ms", b.searched)
		return nil
	})
}

// shortTerms are shorter than the trigrams of the index. They are shown, but
// have no goal.
var shortTerms = []searchTerm{
	{"absent, of two letters (no goal)", func(*rand.Rand, int) string { return "qx" }},
}

func searching(rows int, terms []searchTerm) request {
	return func(r *rand.Rand, base string, req *fasthttp.Request) {
		term := terms[r.IntN(len(terms))].term(r, rows)
		req.SetRequestURI(base + listPath + "&q=" + url.QueryEscape(term))
	}
}

// fillSearched inserts items whose names are two words and a number.
func (p *platform) fillSearched(ctx context.Context, rows int) error {
	err := p.exec(ctx, `
		INSERT INTO items (name, description, search_text, created_at, updated_at, enriched_version)
		SELECT name, 'batch ' || batch, name || E'\nbatch ' || batch, t, t, 1
		FROM (SELECT colours[1 + n % ?] || ' ' || things[1 + n % ?] || ' ' || n AS name, md5((n / 1000)::text) AS batch,
				timestamptz '2020-01-01' + n * interval '1 minute' AS t
			FROM generate_series(1, ?) n, string_to_array(?, ' ') colours, string_to_array(?, ' ') things) numbers`,
		len(colours), len(things), rows, strings.Join(colours, " "), strings.Join(things, " "))
	if err != nil {
		return err
	}
	return p.exec(ctx, "VACUUM ANALYZE items")
}

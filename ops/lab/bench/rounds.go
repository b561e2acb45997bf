package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// side is one of the compared programs or loads.
type side struct {
	name    string
	prepare func(ctx context.Context) error // before each round; nil: none
	drive   func(ctx context.Context, d time.Duration) (tally, error)
	process *process // the process whose processor time counts; nil: none
	items   int      // created or read by one request; 0: one
}

// compare drives each side in turn, round after round and each time after a
// warm-up, so that all meet the same noise. It prints the rate of each side. It
// returns the median ratio of the first side's rate to the second side's in the
// same round.
func (b *apiBench) compare(ctx context.Context, title string, sides ...side) (float64, error) {
	rates := make([][]float64, len(sides))
	for range b.rounds {
		for i, s := range sides {
			rate, err := b.round(ctx, s)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", s.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	_, _ = fmt.Fprintf(b.out, "| %s | a second, median of %d | rounds |\n| --- | --- | --- |\n", title, b.rounds)
	for i, s := range sides {
		_, _ = fmt.Fprintf(b.out, "| %s | %.0f | %s |\n", s.name, median(rates[i]), list(rates[i]))
	}
	ratios := make([]float64, b.rounds)
	for i := range ratios {
		ratios[i] = rates[0][i] / rates[1][i]
	}
	_, _ = fmt.Fprintf(b.out, "| ratio | %.2f | %s |\n\n", median(ratios), join(ratios))
	return median(ratios), nil
}

func (b *apiBench) round(ctx context.Context, s side) (float64, error) {
	if s.prepare != nil {
		if err := s.prepare(ctx); err != nil {
			return 0, err
		}
	}
	if _, err := s.drive(ctx, b.duration/4); err != nil {
		return 0, err
	}
	var before, after time.Duration
	var err error
	if s.process != nil {
		if before, err = s.process.cpu(); err != nil {
			return 0, err
		}
	}
	done, err := s.drive(ctx, b.duration)
	if err != nil {
		return 0, err
	}
	if s.process != nil {
		if after, err = s.process.cpu(); err != nil {
			return 0, err
		}
		b.costs.add(s.name, done.requests, after-before)
	}
	return done.rate() * float64(max(1, s.items)), nil
}

// api is the side that loads an API.
func (b *apiBench) api(name string, p *process, next request) side {
	s := b.client(name, p.url, next)
	s.process = p
	return s
}

// client is the side that loads any server.
func (b *apiBench) client(name, url string, next request) side {
	t := traffic{url: url, next: next}
	return side{name: name, drive: func(ctx context.Context, d time.Duration) (tally, error) {
		return t.closed(ctx, b.connections, d)
	}}
}

func list(values []float64) string {
	var text []string
	for _, v := range values {
		text = append(text, fmt.Sprintf("%.0f", v))
	}
	return strings.Join(text, ", ")
}

func join(values []float64) string {
	var text []string
	for _, v := range values {
		text = append(text, short(v))
	}
	return strings.Join(text, ", ")
}

package main

import (
	"context"
	"fmt"
	"time"
)

const (
	mixedP99   = 10 * time.Millisecond // at half of the maximum rate
	loadMemory = 120.0                 // MB, the limit
)

// benchRates measures the times of requests at a quarter, a half and three
// quarters of the maximum rate of a closed loop.
func benchRates(ctx context.Context, b *apiBench) error {
	return b.withAPI(ctx, func(p *platform, api *process) error {
		if err := p.refill(ctx); err != nil {
			return err
		}
		answer, err := capture(ctx, api.url+"/api/items/1")
		if err != nil {
			return err
		}
		floor, err := startFloor(ctx, answer)
		if err != nil {
			return err
		}
		p.atStop(floor.stop)
		for _, one := range []struct {
			name string
			next request
		}{
			{hotItem, getPath("/api/items/1")},
			{"mixed, 4 reads to 1 write", mixed(itemsThere)},
		} {
			load := b.api(one.name, api, one.next)
			load.prepare = p.refill
			half, err := b.atRates(ctx, load, traffic{api.url, one.next}, traffic{floor.url, getPath("/")})
			if err != nil {
				return err
			}
			if one.name != hotItem {
				b.figures.atMost(milliseconds(mixedP99), half, "%s, p99 at half of the most, ms", one.name)
			}
		}
		most, err := api.memory("VmHWM")
		if err != nil {
			return err
		}
		b.figures.atMost(loadMemory, most, "most memory of the API under these loads, MB")
		return nil
	})
}

// atRates prints the times at each share of load's maximum rate, and returns the
// median of the 99th percentiles at half of it, in milliseconds. The floor gets
// as many requests, in turns: its times are the share of machine and client.
func (b *apiBench) atRates(ctx context.Context, load side, t, floor traffic) (half float64, err error) {
	var most []float64
	for range b.rounds {
		rate, err := b.round(ctx, load)
		if err != nil {
			return 0, err
		}
		most = append(most, rate)
	}
	_, _ = fmt.Fprintf(b.out, "| %s, at most %.0f a second (%s) | a second | p50, ms | p99, ms | p99 of the rounds | a bare handler's p99 |\n| --- | --- | --- | --- | --- | --- |\n",
		load.name, median(most), list(most))
	for _, percent := range []float64{25, 50, 75} {
		rate := median(most) * percent / 100
		var p50, p99, bare []float64
		for range b.rounds {
			if err := load.prepare(ctx); err != nil {
				return 0, err
			}
			got, err := t.paced(ctx, b.connections, b.duration, rate)
			if err != nil {
				return 0, err
			}
			least, err := floor.paced(ctx, b.connections, b.duration, rate)
			if err != nil {
				return 0, err
			}
			p50 = append(p50, milliseconds(got.percentile(50)))
			p99 = append(p99, milliseconds(got.percentile(99)))
			bare = append(bare, milliseconds(least.percentile(99)))
		}
		if percent == 50 {
			half = median(p99)
		}
		_, _ = fmt.Fprintf(b.out, "| %.0f %% | %.0f | %.2f | %.2f | %s | %s |\n", percent, rate, median(p50), median(p99), join(p99), join(bare))
	}
	_, _ = fmt.Fprintln(b.out)
	return half, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

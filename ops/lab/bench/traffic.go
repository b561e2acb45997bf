package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"
)

// answerTimeout bounds one request of a load.
const answerTimeout = 30 * time.Second

// traffic is a kind of load: next builds a connection's next request in an empty
// one. Many connections call its functions at once, each with its own source of
// random numbers.
type traffic struct {
	url  string
	next func(r *rand.Rand, url string, req *fasthttp.Request)
}

// tally is the result of a load. Times are in microseconds.
type tally struct {
	requests int64
	took     time.Duration
	times    *hdrhistogram.Histogram
}

func (t tally) rate() float64 { return float64(t.requests) / t.took.Seconds() }

// percentile returns the longest time among the fastest p percent of requests.
func (t tally) percentile(p float64) time.Duration {
	return time.Duration(t.times.ValueAtPercentile(p)) * time.Microsecond
}

// course is the schedule of a load.
type course struct {
	begin, from, end time.Time    // a request before from is a warm-up and does not count
	rate             float64      // requests a second; 0: no limit
	sent             atomic.Int64 // includes requests that are about to be sent
}

// due returns when the next request is due; the zero time means now.
func (c *course) due() time.Time {
	if c.rate == 0 {
		return time.Time{}
	}
	return c.begin.Add(time.Duration(float64(c.sent.Add(1)-1) / c.rate * float64(time.Second)))
}

// closed keeps one request in flight on each connection. A connection sends its
// next request after the response to the last one.
func (t traffic) closed(ctx context.Context, connections int, d time.Duration) (tally, error) {
	return t.drive(ctx, connections, 0, d, 0)
}

// paced sends rate requests a second, as far as a connection is free. Waiting
// for a connection is a part of the request's time. It warms up for a quarter of
// d.
func (t traffic) paced(ctx context.Context, connections int, d time.Duration, rate float64) (tally, error) {
	return t.drive(ctx, connections, d/4, d, rate)
}

// drive sends requests until warm and d have passed. Any response without a
// success status fails the load.
func (t traffic) drive(ctx context.Context, connections int, warm, d time.Duration, rate float64) (tally, error) {
	each := make([]*hdrhistogram.Histogram, connections)
	for i := range each {
		each[i] = hdrhistogram.New(1, answerTimeout.Microseconds(), 3)
	}
	group, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	c := &course{begin: begin, from: begin.Add(warm), end: begin.Add(warm + d), rate: rate}
	for _, times := range each {
		group.Go(func() error { return t.connection(ctx, times, c) })
	}
	err := group.Wait()
	sum := tally{took: time.Since(c.from), times: each[0]}
	for _, one := range each[1:] {
		sum.times.Merge(one)
	}
	sum.requests = sum.times.TotalCount()
	if err == nil && sum.requests == 0 {
		err = fmt.Errorf("%s sent no response in %s", t.url, d)
	}
	return sum, err
}

// connection sends one request after another, and records their times.
func (t traffic) connection(ctx context.Context, times *hdrhistogram.Histogram, c *course) error {
	server, err := url.Parse(t.url)
	if err != nil {
		return err
	}
	client := &fasthttp.HostClient{
		Addr: server.Host, MaxConns: 1, ReadTimeout: answerTimeout, WriteTimeout: answerTimeout,
		MaxIdemponentCallAttempts: 1, NoDefaultUserAgentHeader: true,
	}
	defer client.CloseIdleConnections()
	var req fasthttp.Request
	var resp fasthttp.Response
	chance := rand.New(rand.NewPCG(rand.Uint64(), 0)) //nolint:gosec // the choice of an item is no secret
	for due := c.due(); due.Before(c.end) && time.Now().Before(c.end); due = c.due() {
		begin, err := await(ctx, due)
		if err != nil {
			return err
		}
		req.Reset()
		t.next(chance, t.url, &req)
		if err := client.Do(&req, &resp); err != nil {
			return fmt.Errorf("%s %s: %w", req.Header.Method(), req.URI().Path(), err)
		}
		if status := resp.StatusCode(); status/100 != 2 {
			return fmt.Errorf("%s %s: status %d: %.300s", req.Header.Method(), req.URI().Path(), status, resp.Body())
		}
		if begin.Before(c.from) {
			continue
		}
		if err := times.RecordValue(max(1, time.Since(begin).Microseconds())); err != nil {
			return err
		}
	}
	return nil
}

// await waits until a request is due, and returns the begin of its time. A late
// request has waited for this connection, so its time begins when it was due.
// Otherwise it begins now, because the timer's lateness belongs to the client.
func await(ctx context.Context, due time.Time) (time.Time, error) {
	if due.IsZero() {
		return time.Now(), ctx.Err()
	}
	wait := time.Until(due)
	if wait <= 0 {
		return due, ctx.Err()
	}
	err := pause(ctx, wait)
	return time.Now(), err
}

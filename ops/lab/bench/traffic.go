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

// traffic is a kind of load: next makes a connection's next request, on one
// that is empty. Its functions are called by many connections at once, each
// with its own source of chance.
type traffic struct {
	url  string
	next func(r *rand.Rand, url string, req *fasthttp.Request)
}

// tally is what became of a load. Times are in microseconds.
type tally struct {
	requests int64
	took     time.Duration
	times    *hdrhistogram.Histogram
}

func (t tally) rate() float64 { return float64(t.requests) / t.took.Seconds() }

// percentile returns how long p percent of the requests took at most.
func (t tally) percentile(p float64) time.Duration {
	return time.Duration(t.times.ValueAtPercentile(p)) * time.Microsecond
}

// course is the time that a load takes.
type course struct {
	begin, from, end time.Time    // what begins before from warms up, and does not count
	rate             float64      // requests a second; 0: as many as are answered
	sent             atomic.Int64 // or about to be
}

// due returns when the next request is to be sent, the zero time being now.
func (c *course) due() time.Time {
	if c.rate == 0 {
		return time.Time{}
	}
	return c.begin.Add(time.Duration(float64(c.sent.Add(1)-1) / c.rate * float64(time.Second)))
}

// closed keeps as many requests under way as there are connections, each of
// which sends its next one when the one before is answered.
func (t traffic) closed(ctx context.Context, connections int, d time.Duration) (tally, error) {
	return t.drive(ctx, connections, 0, d, 0)
}

// paced sends rate requests a second, as far as there is a free connection.
// The time that a request waits for one is part of what it takes. It warms up
// for a quarter of d.
func (t traffic) paced(ctx context.Context, connections int, d time.Duration, rate float64) (tally, error) {
	return t.drive(ctx, connections, d/4, d, rate)
}

// drive sends requests until warm and d have passed. Any answer but one of
// success fails the load.
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
		err = fmt.Errorf("%s answered nothing in %s", t.url, d)
	}
	return sum, err
}

// connection sends one request after another, and records how long each took.
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
	chance := rand.New(rand.NewPCG(rand.Uint64(), 0)) //nolint:gosec // which item, not a secret
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
			return fmt.Errorf("%s %s answered %d: %.300s", req.Header.Method(), req.URI().Path(), status, resp.Body())
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

// await waits until a request is due, and returns when its time begins: when it
// was due, if that has passed, for then it has waited for this connection;
// otherwise now, for the timer's lateness is the client's.
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

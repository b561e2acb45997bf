package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// sender keeps enough connections for all requests in flight, so no request
// waits for a new one.
var sender = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 200},
}

// load sends requests at a fixed rate while f works, even if earlier ones have
// no response yet. It returns their times, sorted. A request's time begins when
// it is due.
func (p *platform) load(ctx context.Context, sizes workerSizes, f func(context.Context) error) ([]time.Duration, error) {
	var mu sync.Mutex
	var times []time.Duration
	var failed error
	var flight sync.WaitGroup
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()

	interval := time.Second / time.Duration(sizes.rate)
	due := time.Now()
	for n := 0; ; n++ {
		due = due.Add(interval)
		select {
		case err := <-ended:
			flight.Wait()
			if err == nil {
				err = failed
			}
			return sorted(times), err
		case <-time.After(time.Until(due)):
		}
		begin := due
		flight.Go(func() {
			err := p.send(ctx, n, sizes.total)
			took := time.Since(begin)
			mu.Lock()
			defer mu.Unlock()
			if times = append(times, took); err != nil {
				failed = err
			}
		})
	}
}

// send sends the n-th request. Of ten requests six read one item, two read a
// list of 50, two create an item.
func (p *platform) send(ctx context.Context, n, total int) error {
	method, path, body, want := http.MethodGet, "", "", http.StatusOK
	switch n % 5 {
	case 0:
		path = fmt.Sprintf("/api/items?limit=50&sort=%s", [...]string{"id", "-created_at"}[n/5%2])
	case 1:
		method, path, body, want = http.MethodPost, "/api/items", fmt.Sprintf(`{"name":"Sample %d"}`, n), http.StatusCreated
	default:
		path = fmt.Sprintf("/api/items/%d", 1+rand.IntN(total)) //nolint:gosec // the choice of an item is no secret
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body)) //nolint:gosec // this program's own API
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := sender.Do(req) //nolint:gosec // this program's own API
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: status %s", method, path, resp.Status)
	}
	return nil
}

package oidc

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// A token with an unknown key causes a request to the provider. maxAsked is
	// the limit of requests within askedIn.
	maxAsked = 10
	askedIn  = 10 * time.Second
	// maxAnswer is the largest accepted response, in bytes.
	maxAnswer = 1 << 20
)

// askError means that the provider did not answer, or not with the expected
// content.
type askError struct{ cause error }

func (e *askError) Error() string { return e.cause.Error() }

func (e *askError) Unwrap() error { return e.cause }

// transport limits the requests to the provider, and its responses.
type transport struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	since time.Time // the beginning of the counted period
	asked int
	last  error // the result of the newest answered request
}

func newTransport(next http.RoundTripper, now func() time.Time) *transport {
	return &transport{next: next, now: now}
}

// RoundTrip returns an *askError for any status but 200.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.ask(); err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		err = fmt.Errorf("%s answered %d", r.URL.Redacted(), resp.StatusCode)
	}
	if err != nil {
		err = &askError{err}
	}
	t.mu.Lock()
	t.last = err
	t.mu.Unlock()
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// ask returns an error if the limit is reached. The error is an *askError only
// if the last request failed, too. Otherwise the keys are some seconds old, and
// a token that does not match them is invalid.
func (t *transport) ask() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if since := now.Sub(t.since); since < 0 || since >= askedIn {
		t.since, t.asked = now, 0
	}
	if t.asked < maxAsked {
		t.asked++
		return nil
	}
	if t.last != nil {
		return t.last
	}
	return fmt.Errorf("limit of %d requests to the provider within %s reached", maxAsked, askedIn)
}

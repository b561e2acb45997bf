package oidc

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// Whoever sends a token with a key that nobody knows has the provider
	// asked. It is asked so often within such a time, and no more.
	maxAsked = 10
	askedIn  = 10 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 1 << 20
)

// askError says that the provider did not answer, or not with what it was
// asked for.
type askError struct{ cause error }

func (e *askError) Error() string { return e.cause.Error() }

func (e *askError) Unwrap() error { return e.cause }

// transport bounds what the provider is asked, and what it may answer.
type transport struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	since time.Time // of the questions that are counted
	asked int
	last  error // of the newest question that has been answered
}

func newTransport(next http.RoundTripper, now func() time.Time) *transport {
	return &transport{next: next, now: now}
}

// RoundTrip returns an *askError for any answer but 200.
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

// ask returns an error unless there is a question left. It is an *askError
// only if the last one failed, too: otherwise what is known is some seconds
// old, and a token that does not fit it is a bad one.
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
	return fmt.Errorf("the provider has been asked %d times within %s", maxAsked, askedIn)
}

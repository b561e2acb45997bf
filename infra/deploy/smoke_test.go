package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// app is the API of a release, with an answer for each request; asked are its
// requests, in their order.
type app struct {
	mu      sync.Mutex
	asked   []string
	answers map[string]string // by method and path: status and body
	before  func(call string) // an answer; may be nil
}

func newApp() *app {
	return &app{answers: map[string]string{
		"GET /health":         `200 {"version":"v-new"}`,
		"GET /ready":          `200 {"schema":{"version":"0005"},"worker":{"status":"ok"}}`,
		"POST /api/items":     `201 {"id":7}`,
		"GET /api/items/7":    `200 {"id":7,"name":"smoke test of new"}`,
		"DELETE /api/items/7": `204 `,
	}}
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := r.Method + " " + r.URL.Path
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, strings.TrimSpace(call+" "+string(body)))
	if a.before != nil {
		a.before(call)
	}
	var status int
	code, text, _ := strings.Cut(a.answers[call], " ")
	if _, err := fmt.Sscan(code, &status); err != nil {
		status = http.StatusTeapot
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// try tries the release new on a.
func (a *app) try(ctx context.Context, t *testing.T, patience time.Duration) error {
	t.Helper()
	server := httptest.NewServer(a)
	defer server.Close()
	return smokeTest{url: server.URL, token: "fua_abc", want: release("new"), patience: patience}.run(ctx)
}

var (
	looks   = []string{"GET /health", "GET /ready"}
	wholly  = []string{"GET /health", "GET /ready", `POST /api/items {"name":"smoke test of new"}`, "GET /api/items/7", "DELETE /api/items/7"}
	created = wholly[:3]
)

// TestSmokeTest: each answer that is not as the release gives it fails, and the
// item is deleted once it was made.
func TestSmokeTest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		call, answer string
		says         string
		asked        []string // nil: the looks, at least once
	}{
		"good":                   {asked: wholly},
		"schema newer":           {call: "GET /ready", answer: `200 {"schema":{"version":"0006"},"worker":{"status":"ok"}}`, asked: wholly},
		"schema older":           {call: "GET /ready", answer: `200 {"schema":{"version":"0004"},"worker":{"status":"ok"}}`, says: `/ready: the schema is "0004", the release wants "0005"`},
		"worker late":            {call: "GET /ready", answer: `200 {"schema":{"version":"0005"},"worker":{"status":"late"}}`, says: `/ready: the worker's heartbeat is "late"`},
		"not ready":              {call: "GET /ready", answer: `503 {"schema":{"version":"0005"},"worker":{"status":"ok"}}`, says: "GET /ready: 503 Service Unavailable instead of 200"},
		"another version":        {call: "GET /health", answer: `200 {"version":"v-old"}`, says: `/health: version "v-old" answers instead of "v-new"`},
		"unhealthy":              {call: "GET /health", answer: `500 {"version":"v-new"}`, says: "GET /health: 500 Internal Server Error instead of 200"},
		"no JSON":                {call: "GET /health", answer: `200 <html>`, says: "GET /health: invalid character"},
		"more than is read":      {call: "GET /health", answer: `200 {"x":"` + strings.Repeat("x", smokeMost) + `","version":"v-new"}`, says: "GET /health: unexpected end of JSON input"},
		"token without write":    {call: "POST /api/items", answer: "403 {}", says: "POST /api/items: 403 Forbidden: give /fualab/ENV/smoke-token a token", asked: created},
		"no token":               {call: "POST /api/items", answer: "401 {}", says: "401 Unauthorized: give /fualab/ENV/smoke-token a token", asked: created},
		"nothing is made":        {call: "POST /api/items", answer: "422 {}", says: "POST /api/items: 422 Unprocessable Entity instead of 201", asked: created},
		"made, but not as made":  {call: "POST /api/items", answer: `200 {"id":7}`, says: "POST /api/items: 200 OK instead of 201", asked: created},
		"not found":              {call: "GET /api/items/7", answer: "404 {}", says: "GET /api/items/7: 404 Not Found instead of 200", asked: wholly},
		"another item":           {call: "GET /api/items/7", answer: `200 {"id":8,"name":"smoke test of new"}`, says: "/api/items/7: the item that was made is not the one that is read", asked: wholly},
		"another name":           {call: "GET /api/items/7", answer: `200 {"id":7,"name":"smoke test of old"}`, says: "/api/items/7: the item that was made is not the one that is read", asked: wholly},
		"it cannot be deleted":   {call: "DELETE /api/items/7", answer: "409 {}", says: "DELETE /api/items/7: 409 Conflict instead of 204", asked: wholly},
		"deleted with a content": {call: "DELETE /api/items/7", answer: "200 {}", says: "DELETE /api/items/7: 200 OK instead of 204", asked: wholly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp()
			if tt.call != "" {
				a.answers[tt.call] = tt.answer
			}
			wantError(t, a.try(t.Context(), t, time.Millisecond), tt.says)
			if tt.asked == nil {
				tt.asked, a.asked = looks, a.asked[:2]
			}
			if diff := cmp.Diff(tt.asked, a.asked); diff != "" {
				t.Errorf("requests (-wanted +made):\n%s", diff)
			}
		})
	}
}

// TestSmokeTestWaitsForTheRelease: a load balancer needs a while to see it.
func TestSmokeTestWaitsForTheRelease(t *testing.T) {
	t.Parallel()
	a, healths := newApp(), 0
	a.answers["GET /health"] = `200 {"version":"v-old"}`
	a.before = func(call string) {
		if call == "GET /health" {
			if healths++; healths == 2 {
				a.answers[call] = `200 {"version":"v-new"}`
			}
		}
	}
	if err := a.try(t.Context(), t, time.Minute); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(append(looks[:2:2], wholly...), a.asked); diff != "" {
		t.Errorf("requests (-wanted +made):\n%s", diff)
	}
}

// TestInterruptedSmokeTestEnds at once, however patient it is.
func TestInterruptedSmokeTestEnds(t *testing.T) {
	t.Parallel()
	for _, call := range looks {
		a := newApp()
		ctx, cancel := context.WithCancel(t.Context())
		a.answers[call], a.before = "503 ", func(asked string) {
			if asked == call {
				cancel()
			}
		}
		server := httptest.NewServer(a)
		began := time.Now()
		err := smokeTest{url: server.URL, want: release("new"), patience: time.Hour}.run(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(began) > time.Minute {
			t.Errorf("interrupted in %s: %v after %s", call, err, time.Since(began))
		}
		server.Close()
	}
}

// TestInterruptedSmokeTestDeletesItsItem: no deployment leaves one behind.
func TestInterruptedSmokeTestDeletesItsItem(t *testing.T) {
	t.Parallel()
	a := newApp()
	ctx, cancel := context.WithCancel(t.Context())
	a.before = func(call string) {
		if call == "GET /api/items/7" {
			cancel()
		}
	}
	if err := a.try(ctx, t, time.Millisecond); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(wholly, a.asked); diff != "" {
		t.Errorf("requests (-wanted +made):\n%s", diff)
	}
}

// TestSmokeTestSendsItsToken, if it has one, and JSON.
func TestSmokeTestSendsItsToken(t *testing.T) {
	t.Parallel()
	for token, want := range map[string][]string{"fua_abc": {"Bearer fua_abc"}, "": nil} {
		var got http.Header
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			_ = json.NewEncoder(w).Encode(map[string]string{"version": "v-new"})
		}))
		if err := (smokeTest{url: server.URL, token: token, want: release("new")}).health(t.Context()); err != nil {
			t.Error(err)
		}
		server.Close()
		if diff := cmp.Diff(want, got["Authorization"]); diff != "" || got.Get("Content-Type") != "application/json" {
			t.Errorf("type %q, token (-wanted +sent):\n%s", got.Get("Content-Type"), diff)
		}
	}
}

// TestSmokeTestOfABrokenConnection: half an answer is none.
func TestSmokeTestOfABrokenConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"version":"v-new"}`)
	}))
	s := smokeTest{url: server.URL, want: release("new")}
	wantError(t, s.health(t.Context()), "GET /health: unexpected EOF")
	server.Close()
	if err := s.health(t.Context()); err == nil {
		t.Error("a server that is gone passes")
	}
	s.url = "http://[:"
	wantError(t, s.health(t.Context()), "parse")
}

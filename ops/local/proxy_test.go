package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/testport"
	"github.com/fualab/fualab/shared/testwait"
)

func TestProxyWithoutAPI(t *testing.T) {
	t.Parallel()
	handler := newTestFrontend(t, "http://"+testport.Reserve(t)) // no server listens there
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/items", http.NoBody))
	var got problem
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if rec.Code != 502 || got.Status != 502 || rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %s %+v, want a 502 problem", rec.Code, rec.Header().Get("Content-Type"), got)
	}
	if got.Title != "The API does not answer" || got.Detail == "" || got.Instance == "" || got.Instance != rec.Header().Get("X-Request-Id") {
		t.Errorf("problem %+v", got)
	}
}

// TestProxyStreams: an event arrives before its stream ends. The stream ends
// when the client disconnects and when the platform stops.
func TestProxyStreams(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_, _ = io.WriteString(w, "first")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	defer api.Close()
	stopping, stop := context.WithCancel(t.Context())
	proxy := newProxy(stopping, strings.TrimPrefix(api.URL, "http://"), slog.New(slog.DiscardHandler))
	front := httptest.NewServer(newFrontend(newClient(built), proxy))
	defer front.Close()
	ended := func(when string) {
		t.Helper()
		testwait.Receive(t, "the end of the API's stream after "+when, gone)
	}

	leaving, leave := context.WithCancel(t.Context())
	first := openStream(leaving, t, front.URL)
	leave()
	_ = first.Close()
	ended("the client has disconnected")

	second := openStream(t.Context(), t, front.URL)
	defer func() { _ = second.Close() }()
	stop()
	ended("the platform was told to stop")
	if rest, err := io.ReadAll(second); err != nil || len(rest) > 0 {
		t.Errorf("the stream's end: %q, %v", rest, err)
	}
}

// openStream returns a stream whose first event has arrived.
func openStream(ctx context.Context, t *testing.T, site string) io.ReadCloser {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "first" {
		_ = resp.Body.Close()
		t.Fatalf("got %q, %v", got, err)
	}
	return resp.Body
}

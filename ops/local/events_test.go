package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testwait"
)

// watch opens the stream of events at site and returns its lines.
func watch(ctx context.Context, t *testing.T, site string) *bufio.Reader {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	return bufio.NewReader(resp.Body)
}

// skipTo reads up to a line that begins with start, and returns that line.
func skipTo(t *testing.T, lines *bufio.Reader, start string) string {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no line begins with %q before the stream ends: %v", start, err)
		}
		if strings.HasPrefix(line, start) {
			return line
		}
	}
}

// createUntil creates an item, and another every five seconds until ctx ends.
func createUntil(ctx context.Context, t *testing.T, site string) {
	t.Helper()
	for again := time.NewTicker(5 * time.Second); ; {
		call(t, http.MethodPost, site+"/api/items", `{"name":"Sample"}`, http.StatusCreated) //nolint:contextcheck // ctx ends the waiting, not a request
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return
		}
	}
}

// TestEventArrives follows an event from the API through the web client's port.
func TestEventArrives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startPlatform(t, "FUALAB_DATA_DIR="+dir)
	ctx, leave := context.WithTimeout(t.Context(), testwait.Patience)
	defer leave()
	lines := watch(ctx, t, p.site)
	skipTo(t, lines, "event: hello")

	// On a machine that is too busy for Redis to respond in time, an event is
	// lost by design. The next item causes another.
	arrived, over := context.WithCancel(ctx)
	var creating sync.WaitGroup
	creating.Go(func() { createUntil(arrived, t, p.site) })
	defer func() {
		over()
		creating.Wait()
	}()
	skipTo(t, lines, "event: items.created")
	if data := skipTo(t, lines, "data: "); !strings.Contains(data, `"name":"Sample"`) {
		t.Errorf("the event is %s", data)
	}
	skipTo(t, lines, "event: items.enriched") // by the worker
	over()
	creating.Wait()

	leave()
	file := filepath.Join(dir, logName)
	testwait.For(t, "the API to notice that the client has disconnected", func() bool {
		log, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(log, []byte(`"route":"/api/events","status":200`))
	})
	p.stop(t)
}

// TestOpenStreamDoesNotDelayStop stops the platform while clients hold streams
// open, through the web client's port and at the API's.
func TestOpenStreamDoesNotDelayStop(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, "FUALAB_DATA_DIR="+t.TempDir())
	var streams []*bufio.Reader
	for _, url := range []string{p.site, strings.TrimSuffix(p.api, "/api/items")} {
		lines := watch(t.Context(), t, url)
		skipTo(t, lines, "event: hello")
		streams = append(streams, lines)
	}
	begin := time.Now()
	p.cancel()
	for _, lines := range streams {
		if _, err := io.Copy(io.Discard, lines); err != nil {
			t.Errorf("a stream ends with %v", err)
		}
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the streams stay open for %s", took)
	}
	p.stop(t)
}

// TestStreamOutlivesTheServersBounds uses a server that bounds the time to
// read a request and to write its response.
func TestStreamOutlivesTheServersBounds(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			_, _ = io.WriteString(w, ": ping\n\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(api.Close)
	front := httptest.NewUnstartedServer(newTestFrontend(t, api.URL))
	front.Config.ReadTimeout, front.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	front.Start()
	t.Cleanup(front.Close) // runs after the stream has ended
	lines := watch(t.Context(), t, front.URL)
	for range 10 {
		skipTo(t, lines, ": ping")
	}
}

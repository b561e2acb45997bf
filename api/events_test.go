package api_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// watched is an API with live events on a Redis of its own.
type watched struct {
	handler http.Handler
	hub     *live.Hub
	client  *redis.Client
	publish func(events.Event)
	logged  *apitest.Written
}

func newWatched(t *testing.T, url config.RedisURL) *watched {
	t.Helper()
	w := &watched{logged: apitest.NewWritten()}
	logger := log.New(w.logged, slog.LevelInfo, "test")
	client, err := redis.Open(url, "test", logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	publisher := events.Start(t.Context(), client, logger)
	t.Cleanup(publisher.Close)
	w.client, w.publish, w.hub = client, publisher.Publish, live.Start(t.Context(), client, logger)
	t.Cleanup(w.hub.Close)
	w.handler = apitest.NewAPI(apitest.Deps{
		DB: testdb.New(t, "sqlite"), Redis: client,
		Publish: publisher.Publish, Live: w.hub, Ping: 20 * time.Millisecond,
		Draining: func() bool { return false }, Now: apitest.NewClock().Now, Log: logger,
	})
	return w
}

// tell publishes an event with a name and without ids: the publisher joins those
// with ids, which then have no name, if they follow each other within its pace.
func (w *watched) tell(name string) {
	w.publish(events.Event{Type: events.RunsQueued, At: model.NewTime(time.Now()), Name: name})
}

// eventStream is an open stream, as a client has it.
type eventStream struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Reader
}

func watch(ctx context.Context, t *testing.T, url string, headers ...string) *eventStream {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &eventStream{t, resp, bufio.NewReader(resp.Body)}
}

// block returns the lines up to the next empty one, comments included.
func (s *eventStream) block() string {
	s.t.Helper()
	var block strings.Builder
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the stream ended with %v after %q", err, block.String()+line)
		}
		if line == "\n" {
			return block.String()
		}
		block.WriteString(line)
	}
}

// next returns the next event's id, name and data.
func (s *eventStream) next() (id, name, data string) {
	s.t.Helper()
	for {
		block := s.block()
		if strings.HasPrefix(block, ":") {
			continue
		}
		for line := range strings.Lines(block) {
			field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch field {
			case "id":
				id = value
			case "event":
				name = value
			case "data":
				data = value
			}
		}
		return id, name, data
	}
}

// TestEventsStream has bounds on its connection that a stream outlives.
func TestEventsStream(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	api := newWatched(t, url)
	server := httptest.NewUnstartedServer(api.handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 500*time.Millisecond, 500*time.Millisecond
	server.Start()
	t.Cleanup(server.Close) // after the streams

	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	stream := watch(ctx, t, server.URL)
	if h := stream.resp.Header; stream.resp.StatusCode != http.StatusOK || h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" || h.Get("X-Accel-Buffering") != "no" || h.Get("X-Request-Id") == "" {
		t.Errorf("%s %v", stream.resp.Status, h)
	}
	want := []string{"retry: 2000\n", "id: 0-0\nevent: hello\ndata: {\"at\":\"2026-01-02T03:04:06.234567Z\",\"live\":true,\"version\":\"dev\"}\n"}
	got := []string{stream.block(), stream.block()}
	got[1] = version.ReplaceAllString(got[1], `"version":"dev"`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it begins (-want +got):\n%s", diff)
	}
	for range 60 { // 1.2 s
		if got := stream.block(); got != ": ping\n" {
			t.Fatalf("a sign of life: %q", got)
		}
	}
	api.tell("Sample")
	id, name, data := stream.next()
	if _, err := live.ParseID(id); err != nil || name != "runs.queued" || !strings.HasPrefix(data, `{"type":"runs.queued","at":"2`) || !strings.HasSuffix(data, `,"name":"Sample"}`) {
		t.Errorf("got %s %s %s", id, name, data)
	}
	leave()
	if line := api.logged.Line(t, `"route":"/api/events"`); !strings.Contains(line, `"msg":"request"`) || !strings.Contains(line, `"status":200`) {
		t.Errorf("at its end the log says %s", line)
	}
}

func TestEventsResume(t *testing.T) {
	t.Parallel()
	redisServer, url := testredis.Embedded(t)
	api := newWatched(t, url)
	server := httptest.NewServer(api.handler)
	t.Cleanup(server.Close) // after the streams

	api.tell("a")
	first := watch(t.Context(), t, server.URL, "Last-Event-ID: ") // as if it were not there
	first.block()
	at, name, _ := first.next()
	if name != "hello" {
		t.Fatalf("it begins with %s", name)
	}
	api.tell("b")
	second, _, data := first.next()
	for !strings.Contains(data, `"name":"b"`) { // the first may have come as well
		at = second
		second, _, data = first.next()
	}
	api.tell("c")
	third, _, _ := first.next()

	resumed := watch(t.Context(), t, server.URL, "Last-Event-ID: "+at)
	resumed.block()
	for i, want := range []string{at, second, third} {
		if id, _, data := resumed.next(); id != want {
			t.Errorf("event %d is %s %s, want %s", i, id, data, want)
		}
	}
	unknown := watch(t.Context(), t, server.URL, "Last-Event-ID: 5-5")
	unknown.block()
	if id, name, _ := unknown.next(); id != "5-5" || name != "hello" {
		t.Errorf("%s at %s; until the reset it is where it was", name, id)
	}
	if id, name, data := unknown.next(); id != third || name != "reset" || !strings.HasPrefix(data, `{"type":"reset","at":"`) {
		t.Errorf("%s at %s, want a reset at %s: %s", name, id, third, data)
	}
	redisServer.Close()
	if id, name, data := resumed.next(); id != "" || name != "status" || data != `{"live":false}` {
		t.Errorf("Redis is lost: %s %s %s", id, name, data)
	}
}

// version is that of the program that tests.
var version = regexp.MustCompile(`"version":"[^"]+"`)

func TestEventsRefused(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	api := newWatched(t, url)
	without := apitest.NewAPI(apitest.Deps{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	for _, s := range []struct {
		name    string
		handler http.Handler
		method  string
		lastID  string
		status  int
		want    string
	}{
		{"no id", api.handler, "GET", "7", 422, `"parameter":"Last-Event-ID"`},
		{"negative", api.handler, "GET", "-1-1", 422, `"parameter":"Last-Event-ID"`},
		{"too large", api.handler, "GET", "99999999999999999999-0", 422, `"parameter":"Last-Event-ID"`},
		{"a line", api.handler, "GET", "1-1\n\ndata: x", 422, `"parameter":"Last-Event-ID"`},
		{"no id, without Redis", without, "GET", "7", 422, `"parameter":"Last-Event-ID"`},
		{"without Redis", without, "GET", "", 503, "Poll the lists"},
		{"only headers, without Redis", without, "HEAD", "", 503, ""},
		{"another method", api.handler, "POST", "", 405, ""},
	} {
		req := httptest.NewRequestWithContext(t.Context(), s.method, "/api/events", http.NoBody)
		if s.lastID != "" {
			req.Header["Last-Event-Id"] = []string{s.lastID}
		}
		rec := httptest.NewRecorder()
		s.handler.ServeHTTP(rec, req)
		if rec.Code != s.status || rec.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(rec.Body.String(), s.want) {
			t.Errorf("%s: %d %s %s; want %d and %s", s.name, rec.Code, rec.Header().Get("Content-Type"), rec.Body, s.status, s.want)
		}
		if s.lastID != "" && strings.Contains(rec.Body.String(), s.lastID) && len(s.lastID) > 1 {
			t.Errorf("%s: what was sent is repeated: %s", s.name, rec.Body)
		}
		if retry := rec.Header().Get("Retry-After"); (retry != "") != (s.status == 503) {
			t.Errorf("%s: Retry-After %q", s.name, retry)
		}
	}
}

func TestEventsHead(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	server := httptest.NewServer(newWatched(t, url).handler)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if took := time.Since(begin); resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || took > 5*time.Second {
		t.Errorf("%s %v after %s", resp.Status, resp.Header, took)
	}
	server.Close() // waits for the requests in flight
}

// TestEventsEndWithTheServer: open streams end in order, and hold up nothing.
func TestEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	api := newWatched(t, url)
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	server := httpserver.New(httpserver.Config{Handler: api.handler, ShutdownTimeout: 20 * time.Second, OnStop: api.hub.Stop, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, ln) }()
	streams := make([]*eventStream, 3)
	for i := range streams {
		streams[i] = watch(t.Context(), t, "http://"+ln.Addr().String())
		streams[i].block()
	}
	begin := time.Now()
	stop()
	for _, s := range streams {
		if _, err := io.Copy(io.Discard, s.lines); err != nil {
			t.Errorf("a stream ends with %v", err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 10*time.Second { // half of the time that a stop may take
		t.Errorf("it took %s", took)
	}
}

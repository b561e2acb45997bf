package telemetry_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/telemetry"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testport"
	"github.com/fualab/fualab/shared/testredis"
)

// TestOff proves that without a setting, no metrics exist and requests have no
// watchers.
func TestOff(t *testing.T) {
	t.Parallel()
	off, err := telemetry.Start(t.Context(), telemetry.Config{Log: slog.New(slog.DiscardHandler)})
	if off != nil || err != nil {
		t.Fatalf("started: %v, %v", off, err)
	}
	defer off.Close(t.Context())
	if watchers, err := off.Requests(); len(watchers) != 0 || err != nil {
		t.Errorf("watches requests: %v, %v", watchers, err)
	}
	if err := off.Register(nil); err != nil {
		t.Error(err)
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", testport.Reserve(t)) // so that no other test listens there after Close
	if err != nil {
		t.Fatal(err)
	}
	m, url := testredis.Embedded(t)
	rdb, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	on, err := telemetry.Start(t.Context(), telemetry.Config{
		Service: "test", Listener: ln, Profiles: true, DB: testdb.New(t, "sqlite"), Redis: rdb, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	watchers, err := on.Requests()
	if err != nil || len(watchers) != 1 {
		t.Fatalf("%d watchers, %v", len(watchers), err)
	}
	for _, a := range []httpserver.Answered{
		{Method: "GET", Route: "/api/things", Status: 200, Took: time.Millisecond},
		{Method: "PURGE", Status: 404, Took: time.Second},
	} {
		watchers[0].End(t.Context(), a)
	}
	metrics := get(t, ln, "/metrics")
	for _, want := range []string{
		`fualab_build_info{service="test",version="`, "go_goroutines ", "fualab_redis_up 1\n", "fualab_data_disk_size_bytes ",
		`db_client_connection_count{state="used"} 0`, "db_client_connection_max ",
		`http_server_request_duration_seconds_bucket{http_request_method="GET",http_response_status_code="200",http_route="/api/things",le="0.001"} 1`,
		`http_server_request_duration_seconds_count{http_request_method="_OTHER",http_response_status_code="404",http_route="unmatched"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("not among the metrics: %s", want)
		}
	}
	m.Close()
	if !strings.Contains(get(t, ln, "/metrics"), "fualab_redis_up 0\n") {
		t.Error("a lost Redis is up")
	}
	if page := get(t, ln, "/debug/pprof/"); !strings.Contains(page, "goroutine") {
		t.Errorf("profiles: %s", page)
	}
	on.Close(t.Context())
	dialer := net.Dialer{Timeout: time.Minute}
	if _, err := dialer.DialContext(t.Context(), "tcp", ln.Addr().String()); err == nil {
		t.Error("it still listens after Close")
	}
}

func get(t *testing.T, ln net.Listener, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ln.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v", path, res.StatusCode, err)
	}
	return string(body)
}

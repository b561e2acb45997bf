// Package observed runs the platform in a test's process, with its metrics, and
// reads them.
package observed

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/worker"
)

// Platform is API and worker on SQLite and an embedded Redis. Its fields are
// their addresses, as URLs.
type Platform struct {
	API, APIAdmin, WorkerAdmin string
}

// Start runs a platform until the test ends, with further settings, and waits
// until it serves.
func Start(t testing.TB, lines *Lines, environ ...string) Platform {
	t.Helper()
	_, redis := testredis.Embedded(t)
	file := filepath.Join(t.TempDir(), "fualab.db")
	s, err := localconfig.Load(append([]string{
		"FUALAB_DATABASE_URL=" + database.SQLiteURL(file).Reveal(), "FUALAB_REDIS_URL=" + redis.Reveal(),
		"FUALAB_HEARTBEAT_INTERVAL_SECONDS=1", "FUALAB_SHUTDOWN_TIMEOUT_SECONDS=5",
	}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	s.API.Log, s.Worker.Log = log.New(lines, slog.LevelInfo, s.API.ServiceName), log.New(lines, slog.LevelInfo, s.Worker.ServiceName)
	s.API.Listener, s.API.AdminListener = listen(t), listen(t)
	s.Worker.Listener, s.Worker.AdminListener = listen(t), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	var parts sync.WaitGroup
	parts.Go(func() { end(t, "API", api.Run(ctx, s.API)) })
	parts.Go(func() { end(t, "worker", worker.Run(ctx, s.Worker)) })
	t.Cleanup(func() {
		stop()
		parts.Wait()
	})
	p := Platform{API: url(s.API.Listener), APIAdmin: url(s.API.AdminListener), WorkerAdmin: url(s.Worker.AdminListener)}
	Eventually(t, "the API to be ready", func() bool {
		status, _ := Get(t, p.API+"/api/ready")
		return status == http.StatusOK
	})
	return p
}

func end(t testing.TB, part string, err error) {
	if err != nil {
		t.Errorf("the %s ended: %v", part, err)
	}
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func url(ln net.Listener) string { return "http://" + ln.Addr().String() }

// Eventually waits for ok for up to a minute, because the machine may be busy.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); <-time.After(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no success while waiting for %s", what)
		}
	}
}

// Metrics returns the metrics of a service's admin listener, by name.
func Metrics(t testing.TB, admin string) map[string]*dto.MetricFamily {
	t.Helper()
	status, body := Get(t, admin+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("%s/metrics: status %d: %s", admin, status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

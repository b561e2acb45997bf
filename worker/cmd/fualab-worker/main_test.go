package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args   string
		stdout string
		err    error
	}{
		{"help", usage, nil},
		{"--help", usage, nil},
		{"-h", usage, nil},
		{"version", "fualab-worker ", nil},
		{"--version", "fualab-worker ", nil},
		{"dance", "", errUsage},
		{"serve now", "", errUsage},
		{"healthcheck now", "", errUsage},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			err := run(t.Context(), strings.Fields(tc.args), nil, &stdout, &stderr)
			if !errors.Is(err, tc.err) || !strings.HasPrefix(stdout.String(), tc.stdout) || stderr.Len() > 0 {
				t.Errorf("returned %v, printed %q and %q", err, stdout.String(), stderr.String())
			}
		})
	}
}

// TestMistakes proves that the mistakes of a first run cause a message with the
// variable's name.
func TestMistakes(t *testing.T) {
	t.Parallel()
	taken, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := "FUALAB_DATABASE_URL=sqlite:///" + t.TempDir() + "/x.db"
	for _, tc := range []struct {
		name          string
		environ       []string
		names         string // a part of the message
		configuration bool   // exits 2, not 1
	}{
		{"no setting", nil, "FUALAB_DATABASE_URL: is required", true},
		{"a bad address", []string{file, "FUALAB_WORKER_ADDR=8001"}, "FUALAB_WORKER_ADDR: must be host:port", true},
		{"a taken port", []string{file, "FUALAB_WORKER_ADDR=" + taken.Addr().String()}, "set FUALAB_WORKER_ADDR to a free one", false},
		{"a short time to live", []string{file, "FUALAB_HEARTBEAT_TTL_SECONDS=20"}, "FUALAB_HEARTBEAT_TTL_SECONDS: must be at least twice", true},
		{"no database", []string{"FUALAB_DATABASE_URL=postgresql://u:secret@127.0.0.1:1/d", "FUALAB_DATABASE_WAIT_SECONDS=0", "FUALAB_WORKER_ADDR=127.0.0.1:0"}, "FUALAB_DATABASE_URL: nothing listens at 127.0.0.1:1", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			err := run(t.Context(), nil, tc.environ, &stdout, &stderr)
			if err == nil || !strings.Contains(err.Error(), tc.names) || strings.Contains(err.Error(), "secret") {
				t.Fatalf("returned %v; want a message with %q", err, tc.names)
			}
			var misconfigured *config.Error
			if errors.As(err, &misconfigured) != tc.configuration {
				t.Errorf("a fault of the configuration: %t, want %t", !tc.configuration, tc.configuration)
			}
		})
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			t.Errorf("requests %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	defer worker.Close()
	_, port, err := net.SplitHostPort(worker.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	check := func(addr string) error {
		var stdout, stderr strings.Builder
		return run(t.Context(), []string{"healthcheck"}, []string{"FUALAB_WORKER_ADDR=" + addr}, &stdout, &stderr)
	}
	if err := check(":" + port); err != nil {
		t.Error("healthy:", err)
	}
	status = http.StatusServiceUnavailable
	if err := check("0.0.0.0:" + port); err == nil || !strings.Contains(err.Error(), "503") {
		t.Error("stuck:", err)
	}
	if err := check("127.0.0.1:1"); err == nil {
		t.Error("no error without a listener")
	}
	var misconfigured *config.Error
	if err := check("nonsense"); !errors.As(err, &misconfigured) {
		t.Error("a bad address:", err)
	}
}

package database

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// TestSlowQueryIsLoggedFromTheThresholdOn covers the hooks of both drivers.
func TestSlowQueryIsLoggedFromTheThresholdOn(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		took time.Duration
		err  error
		want string
	}{
		{"quick", t.Context(), 200*ms - 1, nil, ""},
		{"slow", t.Context(), 200 * ms, nil, "duration_ms=200 failed=false"},
		{"slow and in vain", t.Context(), 300 * ms, errors.New("fault"), "duration_ms=300 failed=true"},
		{"given up", ended, 300 * ms, errors.New("fault"), ""},
	} {
		for name, hook := range map[string]func(h *slowLog){
			"pgx": func(h *slowLog) {
				ctx := h.TraceQueryStart(tt.ctx, nil, pgx.TraceQueryStartData{SQL: "SELECT 1"})
				time.Sleep(tt.took)
				h.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{Err: tt.err})
			},
			"bun": func(h *slowLog) {
				event := &bun.QueryEvent{Query: "SELECT 1", StartTime: time.Now(), Err: tt.err}
				ctx := h.BeforeQuery(tt.ctx, event)
				time.Sleep(tt.took)
				h.AfterQuery(ctx, event)
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				hook(&slowLog{threshold: 200 * ms, log: slog.New(slog.NewTextHandler(&out, nil))})
				if (out.Len() > 0) != (tt.want != "") || !strings.Contains(out.String(), tt.want) {
					t.Errorf("%s, %s: logged %q, want %q", tt.name, name, out.String(), tt.want)
				}
			})
		}
	}
	new(slowLog).TraceQueryEnd(t.Context(), nil, pgx.TraceQueryEndData{}) // a query that began before the log
}

func TestLoggedQueryHasNoLiterals(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	for query, want := range map[string]string{
		"SELECT  a1\n FROM t2 WHERE b = 'it''s' AND c > 12.5": "SELECT a1 FROM t2 WHERE b = ? AND c > ?",
		strings.Repeat("x", 500):                              strings.Repeat("x", 500),
		strings.Repeat("x", 501):                              strings.Repeat("x", 500) + "…",
		"x" + long:                                            "x" + strings.Repeat("é", 249) + "…",
	} {
		if got := withoutLiterals(query); got != want {
			t.Errorf("%.60s: got %q, want %q", query, got, want)
		}
	}
}

func TestTracerObservesWhatTheOptionsAsk(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	if tracerOf(Options{Log: log}) != nil {
		t.Error("a tracer without an option for it")
	}
	if got, ok := tracerOf(Options{Log: log, SlowQuery: 7}).(*slowLog); !ok || got.threshold != 7 {
		t.Errorf("slow queries: %+v", got)
	}
	if got, ok := tracerOf(Options{Log: log, Traced: true}).(spans); !ok || got.system != "postgresql" {
		t.Errorf("spans: %+v", got)
	}
	if both := tracerOf(Options{Log: log, SlowQuery: 7, Traced: true}); both == nil {
		t.Error("both: none")
	}
}

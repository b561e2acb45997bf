package nudge_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/nudge"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testredis"
)

// lines is a log that tests wait for.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for", what)
		}
	}
}

// TestLostAndRegained loses Redis under a stream of nudges: one line for the
// loss, one for the return, and one entry in the list however many came.
func TestLostAndRegained(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	var log lines
	n := nudge.Start(t.Context(), client, slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(n.Close)

	arrives := func() bool {
		n.Nudge(t.Context(), "items.enrich")
		list, err := server.List(runs.NudgeKey)
		return err == nil && len(list) == 1 && list[0] == "items.enrich"
	}
	await(t, "a nudge", arrives)
	addr := server.Addr()
	server.Close()
	for range 3 {
		await(t, "the loss", func() bool { n.Nudge(t.Context(), "items.enrich"); return log.count("do not reach") == 1 })
	}
	if err := server.StartAddr(addr); err != nil {
		t.Fatal(err)
	}
	await(t, "the return", func() bool { n.Nudge(t.Context(), "items.enrich"); return log.count("again") == 1 })
	server.Del(runs.NudgeKey)
	await(t, "a nudge after the return", arrives)
	if log.count("\n") != 2 {
		t.Errorf("logged more than the loss and the return:\n%s", log.buf.String())
	}
}

// TestCloseSendsWhatWaits: a change that commits during the shutdown is
// nudged as well, although the program's context has ended.
func TestCloseSendsWhatWaits(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	n := nudge.Start(ctx, client, slog.New(slog.DiscardHandler))
	cancel()
	n.Nudge(t.Context(), "items.enrich")
	n.Close()
	if list, err := server.List(runs.NudgeKey); err != nil || len(list) != 1 {
		t.Errorf("the list holds %v, %v", list, err)
	}
	n.Nudge(t.Context(), "items.enrich") // too late, and no harm
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	n := nudge.Start(t.Context(), nil, slog.New(slog.DiscardHandler))
	for range 3 {
		n.Nudge(t.Context(), "items.enrich")
	}
	n.Close()
}

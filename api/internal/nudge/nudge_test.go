package nudge_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/fualab/fualab/api/internal/nudge"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
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

// TestLostAndRegained loses Redis during a stream of notifications. It expects
// one line for the loss, one for the return, and one entry in the list. No
// notification is lost that Redis could accept.
func TestLostAndRegained(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	sent := testredis.Results(client, "lpush")
	var log lines
	n := nudge.Start(t.Context(), client, slog.New(slog.NewTextHandler(&log, nil)))
	closed := sync.OnceFunc(n.Close)
	t.Cleanup(closed)

	nudged := func(lost bool) {
		t.Helper()
		n.Nudge(t.Context(), "items.enrich")
		if err := testwait.Receive(t, "a nudge to be sent", sent); (err != nil) != lost {
			t.Fatalf("Redis away: %t; the nudge was sent with %v", lost, err)
		}
		if lost {
			return
		}
		if list, err := server.List(runs.NudgeKey(items.EnrichTask)); err != nil || len(list) != 1 || list[0] != "items.enrich" {
			t.Fatalf("the list holds %v, %v", list, err)
		}
	}
	for range 2 {
		nudged(false)
	}
	server.Close()
	for range 3 {
		nudged(true)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	nudged(false)
	server.Del(runs.NudgeKey(items.EnrichTask))
	nudged(false)
	closed() // it waits for the last line
	if log.count("\n") != 2 || log.count("cannot notify the worker") != 1 || log.count("again") != 1 {
		t.Errorf("logged more or less than the loss and the return:\n%s", log.buf.String())
	}
}

// TestCloseSendsWhatWaits covers a change that commits during the shutdown. The
// worker is notified, although the program's context has ended.
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
	if list, err := server.List(runs.NudgeKey(items.EnrichTask)); err != nil || len(list) != 1 {
		t.Errorf("the list holds %v, %v", list, err)
	}
	n.Nudge(t.Context(), "items.enrich") // too late, and no harm
}

// TestNudgesOfTwoTasks proves that two tasks do not replace each other's
// notifications.
func TestNudgesOfTwoTasks(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	n := nudge.Start(t.Context(), client, slog.New(slog.DiscardHandler))
	tasks := []string{"items.enrich", "items.import", "items.expire"}
	for range 3 {
		for _, task := range tasks {
			n.Nudge(t.Context(), task)
		}
	}
	n.Close()
	for _, task := range tasks {
		if list, err := server.List(runs.NudgeKey(task)); err != nil || len(list) != 1 || list[0] != task {
			t.Errorf("the list of %s holds %v, %v", task, list, err)
		}
	}
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	n := nudge.Start(t.Context(), nil, slog.New(slog.DiscardHandler))
	for range 3 {
		n.Nudge(t.Context(), "items.enrich")
	}
	n.Close()
}

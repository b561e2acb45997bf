package nudge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testport"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/nudge"
)

// listen runs a listener until the test ends, and returns a channel of its
// runs.
func listen(t *testing.T, client *redis.Client, log *slog.Logger, insert func(string) error) <-chan string {
	t.Helper()
	inserted := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	var listener sync.WaitGroup
	listener.Go(func() {
		nudge.Listen(ctx, nudge.Config{
			Redis: client, Tasks: []string{"test.first", "test.second"}, Now: time.Now, Log: log,
			Insert: func(_ context.Context, task string) error {
				inserted <- task
				return insert(task)
			},
		})
	})
	t.Cleanup(func() {
		cancel()
		listener.Wait()
	})
	return inserted
}

func open(t *testing.T, url config.RedisURL, log *slog.Logger) *redis.Client {
	t.Helper()
	client, err := redis.Open(url, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func push(t *testing.T, client *redis.Client, task string) {
	t.Helper()
	if _, err := client.Do(t.Context(), "LPUSH", runs.NudgeKey(task), task); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, inserted <-chan string, want string) {
	t.Helper()
	if task := testwait.Receive(t, "a run of "+want, inserted); task != want {
		t.Errorf("a run of %s, want %s", task, want)
	}
}

func TestNudgeBecomesARun(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	_, url := testredis.Embedded(t)
	client := open(t, url, log)
	failed := false
	inserted := listen(t, client, log, func(string) error {
		if !failed {
			failed = true
			return errors.New("no database")
		}
		return nil
	})
	push(t, client, "test.first")
	expect(t, inserted, "test.first")
	push(t, client, "test.first") // after the failed notification
	expect(t, inserted, "test.first")
}

// TestEachNudgeBecomesARun proves that two tasks with waiting notifications
// both get a run, even if one of them has more.
func TestEachNudgeBecomesARun(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	_, url := testredis.Embedded(t)
	client := open(t, url, log)
	for _, task := range []string{"test.second", "test.first", "test.first", "test.first"} {
		if err := runs.SendNudge(t.Context(), client, task); err != nil {
			t.Fatal(err)
		}
	}
	inserted := listen(t, client, log, func(string) error { return nil })
	expect(t, inserted, "test.first")
	expect(t, inserted, "test.second")
}

// TestBusyTaskDoesNotStarveAnother proves that a task with a new notification
// at each of its runs has no two runs in a row while another task waits.
func TestBusyTaskDoesNotStarveAnother(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	_, url := testredis.Embedded(t)
	client := open(t, url, log)
	push(t, client, "test.first")
	push(t, client, "test.second")
	inserted := listen(t, client, log, func(task string) error { return runs.SendNudge(t.Context(), client, task) })
	for range 2 {
		expect(t, inserted, "test.first")
		expect(t, inserted, "test.second")
	}
}

// TestStopWhileWaiting proves that a waiting listener stops soon, and that a
// late notification stays for another worker.
func TestStopWhileWaiting(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	server, url := testredis.Embedded(t)
	asked := testredis.Asked(server, "BRPOP")
	client := open(t, url, log)
	ctx, stop := context.WithCancel(t.Context())
	inserted, ended := make(chan struct{}, 2), make(chan struct{})
	go func() {
		defer close(ended)
		nudge.Listen(ctx, nudge.Config{
			Redis: client, Tasks: []string{"test.first"}, Now: time.Now, Log: log,
			Insert: func(context.Context, string) error { inserted <- struct{}{}; return nil },
		})
	}()
	testwait.Receive(t, "the listener to wait", asked)
	push(t, client, "test.first")
	testwait.Receive(t, "the run", inserted)
	testwait.Receive(t, "the listener to wait again", asked)
	stop()
	push(t, client, "test.first")
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting for a nudge 10 s after the stop")
	}
	if left, err := server.List(runs.NudgeKey("test.first")); err != nil || len(left) != 1 {
		t.Errorf("left for another worker: %v, %v", left, err)
	}
	if len(inserted) > 0 {
		t.Error("a run, though the worker stops")
	}
}

// TestStopWhileRedisHangs proves that a Redis that accepts and never answers
// does not delay a stop by the client's ten seconds.
func TestStopWhileRedisHangs(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	l := newLink(t, "") // has no server
	client := open(t, config.RedisURL("redis://"+l.addr), log)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		nudge.Listen(ctx, nudge.Config{Redis: client, Tasks: []string{"test.first"}, Now: time.Now, Log: log})
	}()
	<-l.accepted
	stop()
	begin := time.Now()
	<-ended
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("stopped after %s", took)
	}
}

func TestRedisLostAndRegained(t *testing.T) {
	t.Parallel()
	out := new(journal)
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelInfo}))
	server, url := testredis.Embedded(t)
	link := newLink(t, server.Addr())
	direct := open(t, url, log)
	client := open(t, config.RedisURL("redis://"+link.addr), log)
	asked := testredis.Results(client, "brpop")
	inserted := listen(t, client, log, func(string) error { return nil })
	push(t, direct, "test.first")
	expect(t, inserted, "test.first")
	link.cut()
	for failed := 0; failed < 3; {
		if err := testwait.Receive(t, "a try to fail", asked); err != nil && !errors.Is(err, redis.Nil) {
			failed++
		}
	}
	link.mend(t)
	push(t, direct, "test.first")
	expect(t, inserted, "test.first")
	if n := strings.Count(out.String(), "cannot receive notifications"); n != 1 {
		t.Errorf("the loss is logged %d times: %s", n, out.String())
	}
}

// journal is a log that tests may read during writes.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// link is a TCP connection to a server that the test can cut.
type link struct {
	addr, server string        // server "": connections are only accepted
	accepted     chan struct{} // closed with the first connection

	first sync.Once
	mu    sync.Mutex
	ln    net.Listener
	conns []net.Conn
}

func newLink(t *testing.T, server string) *link {
	t.Helper()
	l := &link{addr: testport.Reserve(t), server: server, accepted: make(chan struct{})}
	l.mend(t)
	t.Cleanup(l.cut)
	return l
}

func (l *link) mend(t *testing.T) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ln = ln
	go func() {
		for {
			from, err := ln.Accept()
			if err != nil {
				return
			}
			l.first.Do(func() { close(l.accepted) })
			if l.server == "" {
				l.mu.Lock()
				l.conns = append(l.conns, from)
				l.mu.Unlock()
				continue
			}
			to, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.server)
			if err != nil {
				_ = from.Close()
				return
			}
			l.mu.Lock()
			l.conns = append(l.conns, from, to)
			l.mu.Unlock()
			go func() { _, _ = io.Copy(to, from) }()
			go func() { _, _ = io.Copy(from, to) }()
		}
	}()
}

func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.ln.Close()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

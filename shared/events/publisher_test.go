package events

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

func open(t *testing.T, url config.RedisURL) *redis.Client {
	t.Helper()
	client, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// journal is a log that tests may read during writes.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// names returns the names of the events in the stream, in order. The name of a
// Reset is its type.
func names(t *testing.T, client *redis.Client) []string {
	t.Helper()
	entries, err := client.XRangeN(t.Context(), Stream, "-", "+", 2*Kept)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(entries))
	for i, entry := range entries {
		e, err := Decode(entry.Values)
		if err != nil {
			t.Fatal(err)
		}
		if all[i] = e.Name; e.Type == Reset {
			all[i] = string(e.Type)
		}
	}
	return all
}

func named(name string) Event { return Event{Type: thingsUpdated, At: noon, Name: name} }

// each runs test on an embedded Redis and on a real one, both without events.
func each(t *testing.T, test func(t *testing.T, client *redis.Client)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		_, url := testredis.Embedded(t)
		test(t, open(t, url))
	})
	t.Run("server", func(t *testing.T) {
		client := open(t, testredis.Server(t)) // tests share the server, so they do not run in parallel
		if err := client.Del(t.Context(), Stream); err != nil {
			t.Fatal(err)
		}
		test(t, client)
	})
}

// TestPublish proves that events arrive in order, and that Close sends the
// waiting events.
func TestPublish(t *testing.T) {
	each(t, func(t *testing.T, client *redis.Client) {
		p := Start(t.Context(), client, slog.New(slog.DiscardHandler))
		var want []string
		for i := range batch {
			want = append(want, strings.Repeat("x", i))
			p.Publish(named(want[i]))
		}
		p.Close()
		if got := names(t, client); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
}

// TestCloseOutlivesItsContext proves that the last events of a stopping program
// are sent.
func TestCloseOutlivesItsContext(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	client := open(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	p := Start(ctx, client, slog.New(slog.DiscardHandler))
	cancel()
	p.Publish(named("late"))
	p.Close()
	if got := names(t, client); !slices.Equal(got, []string{"late"}) {
		t.Errorf("got %q", got)
	}
}

// counting counts round trips.
type counting struct {
	mu    sync.Mutex
	trips []int // the number of commands in each round trip
	hold  chan struct{}
}

func (*counting) DialHook(next goredis.DialHook) goredis.DialHook          { return next }
func (*counting) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }

func (c *counting) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if len(cmds) > 0 && cmds[0].Name() == "xadd" {
			c.mu.Lock()
			c.trips = append(c.trips, len(cmds))
			c.mu.Unlock()
			<-c.hold
		}
		return next(context.WithoutCancel(ctx), cmds)
	}
}

func (c *counting) made() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.trips)
}

// TestOverflow holds one round trip until the queue overflows. Publish does not
// block. The rest is sent in batches, and a Reset replaces the lost events.
func TestOverflow(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	client := open(t, url)
	hook := &counting{hold: make(chan struct{})}
	client.AddHook(hook)
	p := Start(t.Context(), client, slog.New(slog.DiscardHandler))
	p.Publish(named("first"))
	testwait.For(t, "the first round trip", func() bool { return len(hook.made()) == 1 })
	for range queue + 10 {
		p.Publish(named("next")) // returns, though nothing is sent
	}
	close(hook.hold)
	testwait.For(t, "all that waited", func() bool { return len(names(t, client)) == 1+queue+1 })
	p.Close()
	want := append([]int{1, batch + 1}, slices.Repeat([]int{batch}, queue/batch-1)...)
	if got := hook.made(); !slices.Equal(got, want) {
		t.Errorf("round trips of %v commands, want %v", got, want)
	}
	if got := names(t, client); got[batch+1] != string(Reset) || slices.Index(got[batch+2:], string(Reset)) >= 0 {
		t.Errorf("one Reset should stand behind the first batch that waited: %q", got)
	}
}

// TestLostRedis expects one warning for the loss, however many events it costs,
// one line for its end, and a Reset after the first event that arrives.
func TestLostRedis(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	client := open(t, config.RedisURL("redis://"+m.Addr()))
	log := new(journal)
	p := Start(t.Context(), client, log.logger())
	p.Publish(named("before"))
	testwait.For(t, "the first event", func() bool { return len(names(t, client)) == 1 })

	m.SetError("LOADING")
	for i := range 3 {
		p.Publish(named("lost"))
		testwait.For(t, "its loss", func() bool { return p.missed.Load() && len(p.pending) == 0 })
		if n := log.count("Redis does not accept live events"); i > 0 && n != 1 {
			t.Errorf("%d warnings after %d losses", n, i+1)
		}
	}
	testwait.For(t, "the warning", func() bool { return log.count("Redis does not accept live events") == 1 })
	m.SetError("")
	p.Publish(named("after"))
	p.Close()
	if got := names(t, client); got[0] != "before" || got[len(got)-1] != string(Reset) || !slices.Contains(got, "after") {
		t.Errorf("the stream holds %q", got)
	}
	if lost, back := log.count("level=WARN"), log.count("Redis accepts live events again"); lost != 1 || back != 1 {
		t.Errorf("%d warnings and %d lines of the end, want one each:\n%s", lost, back, log.text.String())
	}
}

// TestRefusedEventsAreTriedAgain fills Redis. The publisher logs the failure,
// and retries without another event.
func TestRefusedEventsAreTriedAgain(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client := open(t, url)
	p := Start(t.Context(), client, slog.New(slog.DiscardHandler))
	defer p.Close()
	server.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	p.Publish(Event{Type: thingsCreated})
	testwait.For(t, "the publisher fails", p.Failing)
	server.SetError("")
	testwait.For(t, "the publisher tries again", func() bool { return !p.Failing() })
	if got := names(t, client); len(got) != 1 || got[0] != string(Reset) {
		t.Errorf("the stream has %q, want one reset", got)
	}
}

// TestSilentRedis has a Redis that accepts connections and never answers. It
// does not block Publish, and it delays Close by at most two round trips.
func TestSilentRedis(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	log := new(journal)
	p := Start(t.Context(), open(t, config.RedisURL("redis://"+silent.Addr().String())), log.logger())
	begin := time.Now()
	for range 2 * queue {
		p.Publish(named("lost"))
	}
	if took := time.Since(begin); took > 10*sendTimeout { // each blocked call would take as long
		t.Errorf("publishing took %s", took)
	}
	p.Close()
	if took := time.Since(begin); took > 20*sendTimeout {
		t.Errorf("it ended after %s", took)
	}
	if n := log.count("level=WARN"); n != 1 {
		t.Errorf("%d warnings, want one:\n%s", n, log.text.String())
	}
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	log := new(journal)
	p := Start(t.Context(), nil, log.logger())
	for range 2 * queue {
		p.Publish(named("unheard"))
	}
	p.Close()
	if len(p.pending) > 0 || log.text.Len() > 0 {
		t.Errorf("%d events wait, logged %q", len(p.pending), log.text.String())
	}
}

// TestStreamIsBounded proves that old events are removed. Redis removes whole
// nodes, hence the allowance.
func TestStreamIsBounded(t *testing.T) {
	each(t, func(t *testing.T, client *redis.Client) {
		for range Kept/1000 + 2 {
			if err := Append(t.Context(), client, slices.Repeat([]Event{named("x")}, 1000)...); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := client.Do(t.Context(), "XLEN", Stream)
		n, _ := answer.(int64)
		if err != nil || n < Kept || n > Kept+1000 {
			t.Errorf("%d events, %v; want about %d", n, err, Kept)
		}
	})
}

package live_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
)

func TestEachGetsEveryEvent(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		add(t.Context(), t, client, "before")
		hub, _ := start(t, client)
		watching := []*live.Subscription{subscribe(t, hub), subscribe(t, hub), subscribe(t, hub)}
		names := numbered(300)
		for i := 0; i < len(names); i += 100 { // within the buffer
			add(t.Context(), t, client, names[i:i+100]...)
			for _, s := range watching {
				if diff := cmp.Diff(names[i:i+100], until(t, s, names[i+99])); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			}
		}
		if late := subscribe(t, hub); late.At.Entry() != ids(t, client)[300] || !late.Live {
			t.Errorf("the last subscriber begins at %s, live %t; the stream ends at %s", late.At, late.Live, ids(t, client)[300])
		}
	})
}

func TestPositionAndName(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, _ := start(t, client)
		s := subscribe(t, hub)
		if s.At.Entry() != "0-0" {
			t.Errorf("an empty stream begins at %s", s.At)
		}
		add(t.Context(), t, client, "a")
		m := next(t, s)
		if m.ID.Entry() != ids(t, client)[0] || m.Name != "items.created" || !strings.HasPrefix(string(m.Data), `{"type":"items.created","at":"`) {
			t.Errorf("got %s %s %s", m.ID, m.Name, m.Data)
		}
	})
}

// TestSlow has one subscriber that takes no messages while the others take all.
func TestSlow(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, _ := start(t, client)
		slow, quick := subscribe(t, hub), subscribe(t, hub)
		for i := range 20 {
			name := fmt.Sprint(i)
			add(t.Context(), t, client, append(numbered(50), "end "+name)...)
			if got := until(t, quick, "end "+name); len(got) != 51 {
				t.Fatalf("the fast subscriber got %d of 51 events", len(got))
			}
		}
		subscribe(t, hub) // returns when the hub has sent the last events to all
		got := slow.Take()
		if len(got) > 256 || told(t, got[0]) != "reset" {
			t.Fatalf("%d messages, the first %s", len(got), got[0].Name)
		}
		var resets int
		for _, m := range got {
			if told(t, m) == "reset" {
				resets++
			}
		}
		if resets != 1 {
			t.Errorf("%d resets", resets)
		}
		all := ids(t, client)
		for i, m := range got { // the reset has the position before the next event
			if want := all[len(all)-len(got)+i]; m.ID.Entry() != want {
				t.Fatalf("message %d is at %s, want %s", i, m.ID, want)
			}
		}
		add(t.Context(), t, client, "later")
		if diff := cmp.Diff([]string{"later"}, until(t, slow, "later")); diff != "" {
			t.Errorf("it goes on (-want +got):\n%s", diff)
		}
	})
}

// restart starts an empty Redis at addr, in place of another one.
func restart(t *testing.T, addr string) *miniredis.Miniredis {
	t.Helper()
	next := miniredis.NewMiniRedis()
	if err := next.StartAddr(addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.Close)
	return next
}

func TestRedisLostAndBack(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client := open(t, url)
	hub, log := start(t, client)
	s := subscribe(t, hub)
	add(t.Context(), t, client, "a")
	until(t, s, "a")
	for range 2 {
		addr := server.Addr()
		server.Close()
		if diff := cmp.Diff([]string{"lost"}, until(t, s, "lost")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if meanwhile := subscribe(t, hub); meanwhile.Live {
			t.Error("a subscriber during the loss of Redis is told that events arrive")
		}
		begin := time.Now()
		server = restart(t, addr)
		if diff := cmp.Diff([]string{"back", "reset"}, until(t, s, "reset")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("back after %s", took)
		}
		add(t.Context(), t, client, "b")
		if diff := cmp.Diff([]string{"b"}, until(t, s, "b")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if text := log.String(); strings.Count(text, "WARN") != 2 || strings.Count(text, "INFO") != 2 {
		t.Errorf("want a line for each loss and each return:\n%s", text)
	}
}

// TestRedisKeepsWhatHappens proves that events from a time without a connection
// arrive later.
func TestRedisKeepsWhatHappens(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	client := open(t, url)
	hub, _ := start(t, client)
	s := subscribe(t, hub)
	add(t.Context(), t, client, "a")
	until(t, s, "a")
	server.SetError("ERR not now")
	until(t, s, "lost")
	meanwhile := `{"type":"items.created","at":"2026-01-02T03:04:05.000000Z","name":"meanwhile"}`
	if _, err := server.XAdd(events.Stream, "*", []string{events.Field, meanwhile}); err != nil {
		t.Fatal(err)
	}
	server.SetError("")
	if diff := cmp.Diff([]string{"back", "reset", "meanwhile"}, until(t, s, "meanwhile")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRedisAwayAtTheStart also resumes before the first read.
func TestRedisAwayAtTheStart(t *testing.T) {
	t.Parallel()
	server, url := testredis.Embedded(t)
	addr := server.Addr()
	server.Close()
	client := open(t, url)
	hub, log := start(t, client)
	s := resume(t, hub, "7-7")
	if s.Live || s.At.Entry() != "7-7" {
		t.Errorf("live %t at %s; it has to come back to 7-7", s.Live, s.At)
	}
	restart(t, addr)
	if diff := cmp.Diff([]string{"back", "reset"}, until(t, s, "reset")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	add(t.Context(), t, client, "a")
	until(t, s, "a")
	if text := log.String(); strings.Count(text, "WARN") != 1 || strings.Count(text, "INFO") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
}

// TestRedisEmptied covers new events with lower ids than the old ones.
func TestRedisEmptied(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		put := func(id string) {
			t.Helper()
			if _, err := client.Do(t.Context(), "XADD", events.Stream, id, events.Field, `{"type":"items.created","at":"2026-01-02T03:04:05.000000Z","name":"`+id+`"}`); err != nil {
				t.Fatal(err)
			}
		}
		put("999-1")
		put("1000-1")
		hub, _ := start(t, client)
		s := resume(t, hub, "999-1")
		until(t, s, "1000-1")
		if err := client.Del(t.Context(), events.Stream); err != nil {
			t.Fatal(err)
		}
		put("3-7")
		if diff := cmp.Diff([]string{"reset"}, until(t, s, "reset")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		put("10-0")
		put("10-1")
		if diff := cmp.Diff([]string{"10-0", "10-1"}, until(t, s, "10-1")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestNoEvent proves that an unreadable entry causes a reset, and cannot break
// the line format.
func TestNoEvent(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, log := start(t, client)
		s := subscribe(t, hub)
		for i, values := range [][]any{
			{"other", "x"}, {events.Field, "{"}, {events.Field, `{"type":"","at":"2026-01-02T03:04:05Z"}`},
			{events.Field, `{"type":"a\n\ndata: x","at":"2026-01-02T03:04:05Z"}`},
		} {
			if _, err := client.Do(t.Context(), append([]any{"XADD", events.Stream, "*"}, values...)...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"reset"}, until(t, s, "reset")); diff != "" {
				t.Errorf("%v (-want +got):\n%s", values, diff)
			}
			if n := strings.Count(log.String(), "WARN"); n != i+1 {
				t.Errorf("%d lines in the log after %d entries:\n%s", n, i+1, log)
			}
		}
		if _, err := client.Do(t.Context(), "XADD", events.Stream, "*", events.Field, "{\"type\":\"items.created\",\n\"at\":\"2026-01-02T03:04:05Z\",\"name\":\"a\"}"); err != nil {
			t.Fatal(err)
		}
		if got := string(next(t, s).Data); got != `{"type":"items.created","at":"2026-01-02T03:04:05.000000Z","name":"a"}` {
			t.Errorf("two lines become %q", got)
		}
	})
}

func TestSubscribersAreLimited(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	hub, _ := start(t, open(t, url))
	last := subscribe(t, hub)
	for range 999 {
		subscribe(t, hub)
	}
	if _, err := hub.Subscribe(t.Context()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("one more than 1000: %v", err)
	}
	last.Close()
	last.Close()
	subscribe(t, hub)
}

func TestClose(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, _ := start(t, client)
		s := subscribe(t, hub)
		begin := time.Now()
		hub.Stop()
		select {
		case <-s.Ended():
		default:
			t.Error("a subscription goes on after Stop")
		}
		if _, err := hub.Subscribe(t.Context()); !errs.Is(err, errs.Unavailable) {
			t.Errorf("after Stop: %v", err)
		}
		hub.Close()
		hub.Close()
		if took := time.Since(begin); took > soon {
			t.Errorf("Close took %s", took)
		}
		var none *live.Hub
		none.Stop()
		none.Close()
	})
}

// TestNothingIsLeft does not run in parallel, because it counts the package's
// goroutines.
func TestNothingIsLeft(t *testing.T) {
	server, url := testredis.Embedded(t)
	client := open(t, url)
	for _, lost := range []bool{false, true} {
		if lost {
			server.Close()
		}
		var watchers sync.WaitGroup
		hub := live.Start(t.Context(), client, slog.New(slog.DiscardHandler))
		const each = 4
		there := make(chan error, 2*each)
		watch := func() {
			s, err := hub.Subscribe(t.Context())
			there <- err
			if err == nil { // it subscribed in time
				defer s.Close()
				<-s.Ended()
			}
		}
		for range each {
			watchers.Go(watch)
		}
		for range each {
			if err := testwait.Receive(t, "a subscription", there); err != nil {
				t.Fatal(err)
			}
		}
		for range each { // they subscribe while the hub stops
			watchers.Go(watch)
		}
		hub.Close()
		watchers.Wait()
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if strings.Contains(string(stacks), "live.(*Hub).loop") {
			t.Errorf("after Close, Redis lost: %t:\n%s", lost, stacks)
		}
	}
}

// TestRefusedEventsAreTold covers a Redis that answers reads and accepts no
// events. For subscribers, it is lost until it accepts events again.
func TestRefusedEventsAreTold(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, _ := start(t, client)
		s := subscribe(t, hub)
		var refused atomic.Bool
		hub.Refuse(refused.Load)
		refused.Store(true)
		if m := next(t, s); m.Name != live.StatusName || string(m.Data) != `{"live":false}` {
			t.Errorf("refused: %s %s", m.Name, m.Data)
		}
		refused.Store(false)
		if got := until(t, s, "reset"); len(got) != 2 {
			t.Errorf("taken again: %q, want a status and a reset", got)
		}
	})
}

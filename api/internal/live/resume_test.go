package live_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/redis"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0-0": "0-0", "1763942400000-12": "1763942400000-12", "007-08": "7-8", "18446744073709551615-18446744073709551615": "18446744073709551615-18446744073709551615",
		"": "", "1": "", "1-": "", "-1": "", "a-1": "", "1-1-1": "", " 1-1": "", "1-1\n": "", "+1-1": "", "$": "", "18446744073709551616-0": "", "0-18446744073709551616": "",
		"100000000000000000000-0": "", "1-000000000000000000000": "",
	} {
		id, err := live.ParseID(text)
		if got := id.String(); (err == nil && got != want) || (err != nil) != (want == "") {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
	if nine, ten := parse(t, "9-9"), parse(t, "10-0"); !nine.Before(ten) || ten.Before(nine) || nine.Before(nine) || !parse(t, "9-9").Before(parse(t, "9-10")) {
		t.Error("ids are compared as text")
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client redis.Client) {
		names := numbered(1101)
		for i := 0; i < len(names); i += 367 {
			add(t.Context(), t, client, names[i:i+367]...)
		}
		hub, _ := start(t, client)

		// check resumes at from, sees that all after it is replayed, or that a
		// reset is told, and that what happens next follows.
		check := func(name, from string, replayed int) {
			t.Helper()
			end := subscribe(t, hub).At
			s := resume(t, hub, from)
			if s.At != parse(t, from) {
				t.Errorf("%s: at %s, want %s", name, s.At, from)
			}
			var got []string
			for _, m := range s.Take() {
				got = append(got, told(t, m))
				if got[0] == "reset" && m.ID != end {
					t.Errorf("%s: the reset is at %s, want %s", name, m.ID, end)
				}
			}
			want := []string{"reset"}
			if replayed > 0 {
				want = names[len(names)-replayed:]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			add(t.Context(), t, client, name)
			names = append(names, name)
			if diff := cmp.Diff([]string{name}, until(t, s, name)); diff != "" {
				t.Errorf("%s, what follows (-want +got):\n%s", name, diff)
			}
		}
		// behind is the id that n entries follow.
		behind := func(n int) string {
			all := ids(t, client)
			return all[len(all)-1-n]
		}
		check("one behind", behind(1), 1)
		check("the most", behind(1000), 1000)
		check("too much", behind(1001), 0)
		check("never was", "5-5", 0)
		// Of the same millisecond, and beyond all that happened in it.
		check("between two", strings.Replace(behind(50), "-", "-9999", 1), 0)
		check("ahead", "99999999999999-0", 0)
		gone := behind(100)
		if err := client.XTrimMaxLen(t.Context(), events.Stream, 10).Err(); err != nil {
			t.Fatal(err)
		}
		check("trimmed", gone, 0)
		check("the oldest kept", behind(10), 10)
	})
}

// TestResumeWhereItEnds needs no Redis, and no entry of that id either.
func TestResumeWhereItEnds(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client redis.Client) {
		hub, _ := start(t, client)
		s := resume(t, hub, "0-0")
		if got := s.Take(); len(got) != 0 {
			t.Errorf("nothing has happened, and it gets %s", got[0].Name)
		}
		add(t.Context(), t, client, "a")
		if diff := cmp.Diff([]string{"a"}, until(t, s, "a")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestNoGapNothingTwice has eight clients connect, watch for a moment, leave,
// and resume, again and again, while four others write.
func TestNoGapNothingTwice(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client redis.Client) {
		add(t.Context(), t, client, "first")
		hub, _ := start(t, client)
		begin := ids(t, client)[0]

		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for i := range 100 {
					add(t.Context(), t, client, fmt.Sprint(i))
					time.Sleep(rand.N(4 * time.Millisecond)) // as things happen
				}
			})
		}
		written := make(chan struct{})
		go func() {
			writers.Wait()
			close(written)
		}()
		seen := make([][]string, 8)
		resumed := make([]int, 8)
		var clients sync.WaitGroup
		for i := range seen {
			clients.Go(func() { seen[i], resumed[i] = watchInPieces(t, hub, begin, written) })
		}
		clients.Wait()
		want := ids(t, client)[1:]
		for i, got := range seen {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("client %d, which resumed %d times (-want +got):\n%s", i, resumed[i], diff)
			}
			if resumed[i] < 3 {
				t.Errorf("client %d has only resumed %d times", i, resumed[i])
			}
		}
		t.Log("resumed", resumed)
	})
}

// watchInPieces returns the ids of all messages after at, once written is
// closed and nothing more comes, and how often it resumed.
func watchInPieces(t *testing.T, hub *live.Hub, at string, written <-chan struct{}) (seen []string, resumed int) {
	for last := false; !last; resumed++ {
		stay := rand.N(20 * time.Millisecond)
		select {
		case <-written:
			last, stay = true, time.Second
		default:
		}
		s := resume(t, hub, at)
		ctx, cancel := context.WithTimeout(t.Context(), stay)
		for taking := true; taking; taking = ctx.Err() == nil {
			for _, m := range s.Take() {
				seen = append(seen, m.ID.String())
				at = m.ID.String()
			}
			select {
			case <-s.Ready():
			case <-ctx.Done(): // what has come by now is not taken
			}
		}
		cancel()
		s.Close()
	}
	return seen, resumed
}

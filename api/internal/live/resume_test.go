package live_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testwait"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0-0": "0-0", "1763942400000-12": "1763942400000-12", "007-08": "7-8", "18446744073709551615-18446744073709551615": "18446744073709551615-18446744073709551615",
		"1-2-0123abcd": "1-2-0123abcd", "1-2-0123ABCD": "", "1-2-0123abc": "", "1-2-0123abcde": "", "1-2-": "",
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

// TestLostHistory covers an id that exists in the stream, but that a client got
// in another run of the server. It does not identify the entries after it.
func TestLostHistory(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		add(t.Context(), t, client, numbered(3)...)
		hub, _ := start(t, client)
		for _, history := range []string{"-00000000", "-0123abcd"} {
			s := subscribe(t, hub)
			s.Resume(t.Context(), parse(t, ids(t, client)[0]+history))
			if got := s.Take(); len(got) != 1 || told(t, got[0]) != "reset" || got[0].ID != subscribe(t, hub).At {
				t.Errorf("after an id of %s: %v", history, got)
			}
		}
		if got := resume(t, hub, ids(t, client)[0]).Take(); len(got) != 2 {
			t.Errorf("after an id of this history: %d messages, want 2", len(got))
		}
	})
}

func TestResume(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		names := numbered(1101)
		for i := 0; i < len(names); i += 367 {
			add(t.Context(), t, client, names[i:i+367]...)
		}
		hub, _ := start(t, client)

		// check resumes at from. It expects a replay of all later events, or a
		// reset, and then new events.
		check := func(name, from string, replayed int) {
			t.Helper()
			end := subscribe(t, hub).At
			s := resume(t, hub, from)
			if s.At.Entry() != parse(t, from).Entry() {
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
				t.Errorf("%s, the new events (-want +got):\n%s", name, diff)
			}
		}
		// behind is the id after which n entries follow.
		behind := func(n int) string {
			all := ids(t, client)
			return all[len(all)-1-n]
		}
		check("one behind", behind(1), 1)
		check("the most", behind(1000), 1000)
		check("too much", behind(1001), 0)
		check("never was", "5-5", 0)
		// In the same millisecond, and after all its events.
		check("between two", strings.Replace(behind(50), "-", "-9999", 1), 0)
		check("ahead", "99999999999999-0", 0)
		gone := behind(100)
		if _, err := client.Do(t.Context(), "XTRIM", events.Stream, "MAXLEN", 10); err != nil {
			t.Fatal(err)
		}
		check("trimmed", gone, 0)
		check("the oldest kept", behind(10), 10)
	})
}

// TestResumeWhereItEnds needs neither Redis nor an entry with that id.
func TestResumeWhereItEnds(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		hub, _ := start(t, client)
		s := resume(t, hub, "0-0")
		if got := s.Take(); len(got) != 0 {
			t.Errorf("it gets %s without an event", got[0].Name)
		}
		add(t.Context(), t, client, "a")
		if diff := cmp.Diff([]string{"a"}, until(t, s, "a")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestNoGapNothingTwice has eight clients that repeatedly connect, watch some
// events, leave and resume, while four others write. The writers stay a few
// events ahead of the slowest client, so that no client can get all events at
// once.
func TestNoGapNothingTwice(t *testing.T) {
	t.Parallel()
	eachRedis(t, func(t *testing.T, client *redis.Client) {
		add(t.Context(), t, client, "first")
		hub, _ := start(t, client)
		begin := ids(t, client)[0]

		const watching, each, most = 8, 400, 16
		ahead := make([]chan struct{}, watching) // the written and unseen events of each client
		var clients, writers sync.WaitGroup
		seen := make([][]string, watching)
		resumed := make([]int, watching)
		for i := range seen {
			ahead[i] = make(chan struct{}, most)
			clients.Go(func() { seen[i], resumed[i] = watchInPieces(t, hub, begin, each+1, ahead[i], i) })
		}
		for n := range 4 {
			writers.Go(func() {
				for i := range each / 4 {
					if !reserve(t, ahead) {
						return
					}
					add(t.Context(), t, client, fmt.Sprint(n, " ", i))
				}
			})
		}
		writers.Wait()
		if !reserve(t, ahead) {
			t.Fatal("the clients do not get on")
		}
		add(t.Context(), t, client, "last") // any duplicate comes before it
		clients.Wait()
		want := ids(t, client)[1:]
		for i, got := range seen {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("client %d, which resumed %d times (-want +got):\n%s", i, resumed[i], diff)
			}
			if least := each / (most + mostInAPiece); resumed[i] < least {
				t.Errorf("client %d has only resumed %d times, want at least %d", i, resumed[i], least)
			}
		}
		t.Log("resumed", resumed)
	})
}

// mostInAPiece is the largest number of messages after which a client leaves.
const mostInAPiece = 6

// reserve takes a place for one event in each of ahead, and waits for the
// places.
func reserve(t *testing.T, ahead []chan struct{}) bool {
	for _, places := range ahead {
		select {
		case places <- struct{}{}:
		case <-time.After(testwait.Patience):
			t.Error("a client does not get on")
			return false
		}
	}
	return true
}

// watchInPieces returns the ids of the messages after at up to the nth, and the
// number of resumes. It frees a place in ahead for each message. A piece ends
// after none to mostInAPiece messages, and drops the messages that it has not
// taken.
func watchInPieces(t *testing.T, hub *live.Hub, at string, n int, ahead <-chan struct{}, piece int) (seen []string, resumed int) {
	for ; len(seen) < n; resumed, piece = resumed+1, piece+1 {
		s := resume(t, hub, at)
		for stay := piece % (mostInAPiece + 1); stay > 0 && len(seen) < n; {
			for _, m := range s.Take() {
				seen = append(seen, m.ID.Entry())
				at = m.ID.Entry()
				stay--
				select {
				case <-ahead:
				default:
					t.Errorf("message %s came before it was written", m.ID)
				}
			}
			if stay <= 0 || len(seen) >= n {
				break
			}
			select {
			case <-s.Ready():
			case <-time.After(testwait.Patience):
				t.Errorf("no message follows %s, the %dth of %d", at, len(seen), n)
				return seen, resumed
			}
		}
		s.Close()
	}
	return seen, resumed
}

package heartbeat

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/loop"
)

var noon = time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)

// fixture is a Beater with the test as its loop: one turn a second, on time.
type fixture struct {
	*Beater
	t   *testing.T
	db  *database.DB
	log bytes.Buffer
	now time.Time
	err error // the error of the last turn
}

func newFixture(t *testing.T, db *database.DB, url config.RedisURL) *fixture {
	t.Helper()
	f := &fixture{t: t, db: db, now: noon.Add(-time.Second)}
	log := slog.New(slog.NewJSONHandler(&f.log, nil))
	rdb, err := redis.Open(url, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	if rdb != nil {
		t.Cleanup(func() { _ = rdb.Close() })
	}
	f.Beater = New(Config{
		Instance: "host-1-abc", Interval: 15 * time.Second, TTL: 45 * time.Second, Key: "test:beat",
		DB: db, Redis: rdb, Now: func() time.Time { return f.now }, Log: log,
	})
	return f
}

// turn takes one turn a second, up to the turn at noon + at.
func (f *fixture) turn(at time.Duration) {
	f.t.Helper()
	for f.now.Sub(noon) < at {
		f.now = f.now.Add(time.Second)
		f.err = f.Step(f.t.Context(), loop.Turn{Began: f.now})
	}
}

// beats returns the last heartbeat of each row, in seconds after noon.
func (f *fixture) beats() map[string]float64 {
	f.t.Helper()
	var rows []model.Worker
	if err := f.db.NewSelect().Model(&rows).Scan(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	beats := make(map[string]float64)
	for _, w := range rows {
		beats[w.Instance] = w.LastBeat.Std().Sub(noon).Seconds()
	}
	return beats
}

func (f *fixture) wantBeat(second float64) {
	f.t.Helper()
	if diff := cmp.Diff(map[string]float64{"host-1-abc": second}, f.beats()); diff != "" {
		f.t.Errorf("beats at second %s (-want +got):\n%s", f.now.Sub(noon), diff)
	}
}

// messages returns the level and the message of each log line.
func (f *fixture) messages() []string {
	f.t.Helper()
	var all []string
	for raw := range strings.Lines(f.log.String()) {
		var l struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			f.t.Fatal(err)
		}
		words := strings.Fields(l.Msg)
		all = append(all, l.Level+" "+strings.Join(words[:min(3, len(words))], " "))
	}
	return all
}

func TestBeat(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		m, url := testredis.Embedded(t)
		f := newFixture(t, db, url)
		for _, tc := range []struct{ at, beat time.Duration }{{0, 0}, {14, 0}, {15, 15}, {29, 15}, {31, 30}} {
			f.turn(tc.at * time.Second)
			f.wantBeat(float64(tc.beat))
		}

		if got, err := m.Get("test:beat"); err != nil || got != "2030-01-31T12:00:30.000000Z" {
			t.Errorf("the shared key holds %q, %v", got, err)
		}
		var own map[string]any
		raw, err := m.Get("test:beat:host-1-abc")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(raw), &own); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"instance": "host-1-abc", "version": f.beat(loop.Turn{}).Version, "lag_ms": 0.0, "running": []any{},
			"started_at": "2030-01-31T11:59:59.000000Z", "last_beat": "2030-01-31T12:00:30.000000Z",
		}
		if diff := cmp.Diff(want, own); diff != "" {
			t.Errorf("the own key (-want +got):\n%s", diff)
		}
		for _, key := range []string{"test:beat", "test:beat:host-1-abc"} {
			if ttl := m.TTL(key); ttl != 45*time.Second {
				t.Errorf("%s lives for %s, want 45s", key, ttl)
			}
		}
		if f.log.Len() > 0 {
			t.Errorf("logged %s", f.log.String())
		}
	})
}

func TestBeatAfterALateTurn(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), "")
	f.turn(0)
	// The turn of second 14 begins at second 20; the rhythm does not change.
	f.now = noon.Add(20 * time.Second)
	if err := f.Step(t.Context(), loop.Turn{Began: f.now, Lag: 6 * time.Second}); err != nil {
		t.Fatal(err)
	}
	f.wantBeat(20)
	var w model.Worker
	if err := f.db.NewSelect().Model(&w).Scan(t.Context()); err != nil || w.LagMS != 6000 {
		t.Errorf("the row tells of a lag of %d ms, %v; want 6000", w.LagMS, err)
	}
	f.turn(29 * time.Second)
	f.wantBeat(20)
	f.turn(30 * time.Second)
	f.wantBeat(30)
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db, "")
		f.turn(15 * time.Second)
		f.wantBeat(15)
		if err := f.Leave(t.Context()); err != nil || len(f.beats()) != 0 {
			t.Errorf("left behind %v, %v", f.beats(), err)
		}
	})
}

func TestRedisLostAndRegained(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		m, url := testredis.Embedded(t)
		f := newFixture(t, db, url)
		f.turn(0)
		m.Close()
		m.FlushAll()
		f.turn(60 * time.Second)
		f.wantBeat(60)
		if f.err != nil {
			t.Errorf("a lost Redis fails the step: %v", f.err)
		}
		if err := m.Restart(); err != nil {
			t.Fatal(err)
		}
		// The client looks for a lost server once a second, by the real clock.
		at := 60 * time.Second
		testwait.For(t, "Redis to be regained", func() bool {
			at += 15 * time.Second
			f.turn(at)
			return m.TTL("test:beat") > 0
		})
		want := []string{"WARN Redis does not", "INFO Redis accepts the"}
		if diff := cmp.Diff(want, f.messages()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestRowLostAndRegained(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		m, url := testredis.Embedded(t)
		f := newFixture(t, db, url)
		f.turn(0)
		sql := func(query string) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		sql("ALTER TABLE workers RENAME TO lost")
		f.turn(20 * time.Second)
		if f.err == nil || !strings.Contains(f.err.Error(), "save worker host-1-abc") {
			t.Errorf("the step's error: %v", f.err)
		}
		if got, err := m.Get("test:beat"); err != nil || got != "2030-01-31T12:00:20.000000Z" {
			t.Errorf("meanwhile the shared key holds %q, %v", got, err)
		}
		sql("ALTER TABLE lost RENAME TO workers")
		f.turn(21 * time.Second) // the next turn
		f.wantBeat(21)
		f.turn(30 * time.Second)
		f.wantBeat(30)
	})
}

func TestLeave(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		m, url := testredis.Embedded(t)
		f := newFixture(t, db, url)
		f.turn(0)
		other := newFixture(t, db, url)
		other.cfg.Instance = "host-2-def"
		other.turn(0)

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Leave(ended); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]float64{"host-2-def": 0}, f.beats()); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"test:beat", "test:beat:host-2-def"}, m.Keys()); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}

		m.Close()
		if err := other.Leave(ended); err == nil || !strings.Contains(err.Error(), "test:beat:host-2-def") {
			t.Errorf("leave without Redis: %v", err)
		}
		if len(f.beats()) != 0 {
			t.Errorf("rows left: %v", f.beats())
		}
	})
}

package heartbeat

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/worker/internal/loop"
)

// slack is the delay that a busy machine may add.
const slack = 5 * time.Second

// TestRedisHangs proves that a Redis that accepts and never answers does not
// block the loop.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	f := newFixture(t, testdb.New(t, "sqlite"), config.RedisURL("redis://"+ln.Addr().String()))
	begin := time.Now()
	f.turn(0)
	if took := time.Since(begin); f.err != nil || took > redisTime+rowTime+slack {
		t.Errorf("the step took %s, %v; want about %s at most", took, f.err, redisTime+rowTime)
	}
	f.wantBeat(0)
}

// TestDatabaseHangs proves that a database that never answers blocks neither
// the loop nor the heartbeat in Redis.
func TestDatabaseHangs(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "sqlite")
	m, redisURL := testredis.Embedded(t)
	f := newFixture(t, testdb.Open(t, url), redisURL)
	writer, err := testdb.Open(t, url).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	f.turn(0)
	if took := time.Since(begin); !errs.Is(f.err, errs.Unavailable) || took > redisTime+rowTime+slack {
		t.Errorf("the step took %s, %v; want about %s at most", took, f.err, redisTime+rowTime)
	}
	if got, err := m.Get("test:beat"); err != nil || got != "2030-01-31T12:00:00.000000Z" {
		t.Errorf("meanwhile the shared key holds %q, %v", got, err)
	}
	if err := writer.Rollback(); err != nil {
		t.Fatal(err)
	}
	f.turn(time.Second)
	f.wantBeat(1)
}

func TestAStopDoesNotCutABeatShort(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Step(ended, loop.Turn{Began: noon}); err == nil {
		t.Error("pruning goes on though the worker stops")
	}
	f.wantBeat(-1)
}

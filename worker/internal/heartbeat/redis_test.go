package heartbeat

import (
	"testing"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

func TestRealRedis(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), testredis.Server(t))
	f.cfg.Instance = Instance()
	f.cfg.Key = "fualab:test:" + f.cfg.Instance
	ctx, rdb := t.Context(), f.cfg.Redis
	defer func() { _ = rdb.Del(ctx, f.cfg.Key) }()
	f.turn(0)

	if got, err := rdb.Do(ctx, "GET", f.cfg.Key); err != nil || got != "2030-01-31T12:00:00.000000Z" {
		t.Errorf("the shared key holds %v, %v", got, err)
	}
	for _, key := range []string{f.cfg.Key, f.ownKey()} {
		answer, err := rdb.Do(ctx, "PTTL", key)
		if ms, _ := answer.(int64); err != nil || ms > 45_000 || ms < 30_000 {
			t.Errorf("%s lives for %v ms, %v; want 45 s", key, answer, err)
		}
	}
	if err := f.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := rdb.Do(ctx, "EXISTS", f.cfg.Key); err != nil || n != int64(1) {
		t.Errorf("after leaving, %v shared keys, %v; want 1", n, err)
	}
	if n, err := rdb.Do(ctx, "EXISTS", f.ownKey()); err != nil || n != int64(0) {
		t.Errorf("after leaving, %v own keys, %v; want 0", n, err)
	}
}

package heartbeat

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

func TestRealRedis(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), testredis.Server(t))
	f.cfg.Instance = Instance()
	f.cfg.Key = "fualab:test:" + f.cfg.Instance
	ctx, rdb := t.Context(), f.cfg.Redis
	defer rdb.Del(ctx, f.cfg.Key)
	f.turn(0)

	if got, err := rdb.Get(ctx, f.cfg.Key).Result(); err != nil || got != "2030-01-31T12:00:00.000000Z" {
		t.Errorf("the shared key holds %q, %v", got, err)
	}
	for _, key := range []string{f.cfg.Key, f.ownKey()} {
		if ttl, err := rdb.PTTL(ctx, key).Result(); err != nil || ttl > 45*time.Second || ttl < 30*time.Second {
			t.Errorf("%s lives for %s, %v; want 45s", key, ttl, err)
		}
	}
	if err := f.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := rdb.Exists(ctx, f.cfg.Key).Result(); err != nil || n != 1 {
		t.Errorf("after leaving, %d shared keys, %v; want 1", n, err)
	}
	if n, err := rdb.Exists(ctx, f.ownKey()).Result(); err != nil || n != 0 {
		t.Errorf("after leaving, %d own keys, %v; want 0", n, err)
	}
}

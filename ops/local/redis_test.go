package main

import (
	"errors"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
)

// TestEmbeddedRedisLetsKeysExpire moves the clock; miniredis' own default is
// that no time passes.
func TestEmbeddedRedisLetsKeysExpire(t *testing.T) {
	t.Parallel()
	server, client := embedded(t)
	now := time.Now()
	server.embedded.SetTime(now)
	if err := client.Set(t.Context(), "key", "value", 45*time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	server.embedded.SetTime(now.Add(44 * time.Second))
	if err := client.Get(t.Context(), "key").Err(); err != nil {
		t.Error("a second early:", err)
	}
	server.embedded.SetTime(now.Add(46 * time.Second))
	if err := client.Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("a second late: got %v, want no key", err)
	}
}

// TestEmbeddedRedisFollowsTheClock waits for a key to expire by itself.
func TestEmbeddedRedisFollowsTheClock(t *testing.T) {
	t.Parallel()
	_, client := embedded(t)
	if err := client.Set(t.Context(), "key", "value", 20*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !errors.Is(client.Get(t.Context(), "key").Err(), redis.Nil); {
		if time.Now().After(deadline) {
			t.Fatal("a key that lives 20 ms is still there after 10 s")
		}
	}
}

func TestEmbeddedRedisAvoidsATakenPort(t *testing.T) {
	t.Parallel()
	if ln, err := httpserver.Listen(t.Context(), "127.0.0.1:"+redisPort, ""); err == nil {
		defer func() { _ = ln.Close() }()
	}
	server, client := embedded(t)
	if server.embedded.Port() == redisPort {
		t.Errorf("it says that it has port %s, which is taken", redisPort)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestGivenRedis(t *testing.T) {
	t.Parallel()
	const given = config.RedisURL("redis://cache.example:6379/0")
	server, err := openRedis(given)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if server.url != given || server.embedded != nil {
		t.Errorf("got %+v, want the one that was given", server)
	}
}

func embedded(t *testing.T) (*redisServer, redis.Client) {
	t.Helper()
	server, err := openRedis("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client, err := redis.Open(server.url, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return server, client
}

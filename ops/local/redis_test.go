package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
)

// TestEmbeddedRedisLetsKeysExpire moves the clock. By default no time passes
// in miniredis.
func TestEmbeddedRedisLetsKeysExpire(t *testing.T) {
	t.Parallel()
	server, client := embedded(t, 0)
	now := time.Now()
	server.embedded.SetTime(now)
	if _, err := client.Do(t.Context(), "SET", "key", "value", "EX", 45); err != nil {
		t.Fatal(err)
	}
	server.embedded.SetTime(now.Add(44 * time.Second))
	if _, err := client.Do(t.Context(), "GET", "key"); err != nil {
		t.Error("a second early:", err)
	}
	server.embedded.SetTime(now.Add(46 * time.Second))
	if _, err := client.Do(t.Context(), "GET", "key"); !errors.Is(err, redis.Nil) {
		t.Errorf("a second late: got %v, want no key", err)
	}
}

// TestEmbeddedRedisFollowsTheClock waits for a key to expire by itself.
func TestEmbeddedRedisFollowsTheClock(t *testing.T) {
	t.Parallel()
	_, client := embedded(t, 0)
	if _, err := client.Do(t.Context(), "SET", "key", "value", "PX", 20); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, err := client.Do(t.Context(), "GET", "key"); errors.Is(err, redis.Nil) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a key that lives 20 ms is still there after 10 s")
		}
	}
}

func TestEmbeddedRedisAvoidsATakenPort(t *testing.T) {
	t.Parallel()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	taken := ln.Addr().(*net.TCPAddr).Port
	server, client := embedded(t, uint16(taken))
	if server.embedded.Port() == strconv.Itoa(taken) {
		t.Errorf("the server reports port %d, which is taken", taken)
	}
	if got, want := describeRedis(server), fmt.Sprintf("embedded, %s (%d is taken)", server.url, taken); got != want {
		t.Errorf("the banner says %q, want %q", got, want)
	}
	if err := client.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestGivenRedis(t *testing.T) {
	t.Parallel()
	const given = config.RedisURL("redis://cache.example:6379/0")
	server, err := openRedis(given, 6379)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if server.url != given || server.embedded != nil {
		t.Errorf("got %+v, want the given server", server)
	}
}

func embedded(t *testing.T, port uint16) (*redisServer, *redis.Client) {
	t.Helper()
	server, err := openRedis("", port)
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

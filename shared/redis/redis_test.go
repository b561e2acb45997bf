package redis_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
)

func open(t *testing.T, url config.RedisURL) *redis.Client {
	t.Helper()
	c, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestServer(t *testing.T) {
	t.Parallel()
	c := open(t, testredis.Server(t))
	if err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	m, url := testredis.Embedded(t)
	m.RequireUserAuth("app", "s3cr3t")
	withUser := config.RedisURL(strings.Replace(string(url), "//", "//app:s3cr3t@", 1))
	if err := open(t, withUser+"/0").Ping(t.Context()); err != nil {
		t.Error("user and password:", err)
	}
	if _, err := redis.Open("redis://u:s3cr3t@h:6379/0?no_such=1", "test", nil); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("an unknown parameter: %v", err)
	}
	if c, err := redis.Open("", "test", nil); c != nil || err != nil {
		t.Errorf("empty: %v, %v", c, err)
	}
	for _, form := range []config.RedisURL{"redis://h:1?cluster=true", "redis://h:1?addr=g:2", "rediss://u:p@h:1?cluster=true", "redis://h:1?master_name=m"} {
		_ = open(t, form)
	}
}

func TestUnreachableAnswersSoon(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	if err := open(t, "redis://127.0.0.1:1").Ping(t.Context()); err == nil {
		t.Error("a closed port answers")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestOpenOrWarn(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	for _, s := range []struct {
		url   config.RedisURL
		opens bool
		warns int
		fails bool
	}{{url: url, opens: true}, {url: "", warns: 1}, {url: "redis://h:6379/0?no_such=1", fails: true}} {
		var out strings.Builder
		client, closeClient, err := redis.OpenOrWarn(t.Context(), s.url, "test", slog.New(slog.NewTextHandler(&out, nil)))
		if (client != nil) != s.opens || (err != nil) != s.fails || strings.Count(out.String(), "without Redis") != s.warns {
			t.Errorf("%q: %v, %v, and the log says %s", s.url, client, err, &out)
		}
		if err != nil {
			continue
		}
		if err := closeClient(); err != nil {
			t.Errorf("%q: close: %v", s.url, err)
		}
		if client != nil && client.Ping(t.Context()) == nil {
			t.Error("a closed client answers")
		}
	}
}

// TestTwoPlatformsShareAServer proves that each command uses only the keys of
// its platform.
func TestTwoPlatformsShareAServer(t *testing.T) {
	t.Parallel()
	_, url := testredis.Embedded(t)
	with := func(prefix string) *redis.Client {
		c, err := redis.Open(url, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		c.Use(prefix)
		return c
	}
	mine, other := with(""), with("another")
	write := func(c *redis.Client) {
		p := c.Pipeline()
		p.Set(t.Context(), "fualab:worker:heartbeat", "x", time.Minute)
		p.LPush(t.Context(), "fualab:list", "first", "second")
		p.LTrim(t.Context(), "fualab:list", 0, 0)
		p.XAdd(t.Context(), goredis.XAddArgs{Stream: "fualab:events", Values: []any{"event", "x"}})
		if err := p.Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	write(other)
	if n, err := mine.XRangeN(t.Context(), "fualab:events", "-", "+", 9); err != nil || len(n) != 0 {
		t.Errorf("the other platform's events: %v, %v", n, err)
	}
	if _, err := mine.BRPop(t.Context(), time.Millisecond, "fualab:list"); !errors.Is(err, redis.Nil) {
		t.Errorf("the other platform's list: %v", err)
	}
	write(mine)
	if err := mine.Del(t.Context(), "fualab:worker:heartbeat", "fualab:events"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"another:worker:heartbeat", "another:list", "another:events", "fualab:list"} {
		if n, err := mine.Do(t.Context(), "EXISTS", key); err != nil || n != int64(1) {
			t.Errorf("%s: %v, %v", key, n, err)
		}
	}
	if got, err := other.BRPop(t.Context(), time.Second, "fualab:list"); err != nil || len(got) != 2 || got[1] != "second" {
		t.Errorf("its own list: %v, %v", got, err)
	}
	if got, err := other.XRevRangeN(t.Context(), "fualab:events", "+", "-", 9); err != nil || len(got) != 1 {
		t.Errorf("its own events: %v, %v", got, err)
	}
}

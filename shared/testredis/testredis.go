// Package testredis gives tests a Redis: an embedded one always, and a real
// one where FUALAB_TEST_REDIS_URL names it or, with FUALAB_TEST_REQUIRE=1,
// Docker runs it.
package testredis

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/testcontainers/testcontainers-go/modules/redis"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testdb"
)

// Embedded starts a miniredis that ends with the test.
func Embedded(t testing.TB) (*miniredis.Miniredis, config.RedisURL) {
	t.Helper()
	m := miniredis.RunT(t)
	return m, config.RedisURL("redis://" + m.Addr())
}

// Server returns a real Redis, or skips the test. Tests share it: use keys of
// your own.
func Server(t testing.TB) config.RedisURL {
	t.Helper()
	if u := os.Getenv("FUALAB_TEST_REDIS_URL"); u != "" {
		return config.RedisURL(u)
	}
	if !testdb.Required() {
		t.Skip("no Redis: set FUALAB_TEST_REDIS_URL, or FUALAB_TEST_REQUIRE=1 to have Docker run one")
	}
	u, err := container()
	if err != nil {
		t.Fatalf("FUALAB_TEST_REQUIRE=1 and no Redis: set FUALAB_TEST_REDIS_URL, or make Docker work: %v", err)
	}
	return config.RedisURL(u)
}

var container = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := redis.Run(ctx, "redis:8-alpine")
	if err != nil {
		return "", err
	}
	return c.ConnectionString(ctx)
})

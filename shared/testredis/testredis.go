// Package testredis gives tests a Redis: always an embedded one.
// FUALAB_TEST_REDIS_URL, or the build tag integration with Docker, adds a real
// one.
package testredis

import (
	"os"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testport"
)

// Embedded starts a miniredis that ends with the test. The password is set at
// the start, because setting it later would race with clients. Its port is
// reserved: after Close it refuses connections, and Restart uses it again.
func Embedded(t testing.TB, password ...string) (*miniredis.Miniredis, config.RedisURL) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	for _, p := range password {
		m.RequireAuth(p)
	}
	if err := m.StartAddr(testport.Reserve(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m, config.RedisURL("redis://" + m.Addr())
}

// Asked returns a channel with a value for each command of the given name, in
// upper case, that m receives from now on. The value comes before the answer of
// m.
func Asked(m *miniredis.Miniredis, name string) <-chan struct{} {
	asked := make(chan struct{}, 1000)
	m.Server().SetPreHook(func(_ *server.Peer, command string, _ ...string) bool {
		if command == name {
			asked <- struct{}{}
		}
		return false
	})
	return asked
}

// container returns the URL of this test binary's own Redis. The first call
// starts it. It is nil without the build tag integration.
var container func() (string, error)

// Server returns a real Redis, or skips the test. Tests share it, so use your
// own keys.
func Server(t testing.TB) config.RedisURL {
	t.Helper()
	if u := os.Getenv("FUALAB_TEST_REDIS_URL"); u != "" {
		return config.RedisURL(u)
	}
	if container == nil && !testdb.Required() {
		t.Skip("no Redis: set FUALAB_TEST_REDIS_URL, or -tags integration to have Docker run one")
	}
	if container == nil {
		t.Fatal("FUALAB_TEST_REQUIRE=1 and no Redis: set FUALAB_TEST_REDIS_URL, or -tags integration to have Docker run one")
	}
	u, err := container()
	if err != nil {
		t.Fatalf("no Redis: make Docker work, or set FUALAB_TEST_REDIS_URL: %v", err)
	}
	return config.RedisURL(u)
}

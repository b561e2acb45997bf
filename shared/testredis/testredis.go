// Package testredis gives tests a Redis: an embedded one always, and a real
// one where FUALAB_TEST_REDIS_URL names it or, with the build tag integration,
// Docker runs it.
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

// Embedded starts a miniredis that ends with the test. It asks for the
// password, if there is one: to set that later would race with its clients.
// Its port is reserved: after Close it refuses connections, and Restart gets it.
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

// Asked returns a value for each command of the given name, in upper case, that
// m gets from now on, before m answers it.
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

// container returns the URL of a Redis of this test binary's own, which the
// first call starts; nil without the build tag integration.
var container func() (string, error)

// Server returns a real Redis, or skips the test. Tests share it: use keys of
// your own.
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

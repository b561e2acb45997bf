// Package testport reserves local ports for tests: a program that takes its
// port as a setting, a server that goes away and comes back, an address at
// which nothing listens. Where a program can report its address, prefer port 0.
package testport

import (
	"net"
	"strconv"
	"testing"
)

// Reserve returns an address of 127.0.0.1 at which nothing listens. The system
// gives its port to no other socket until the test ends. A listener that sets
// SO_REUSEADDR, as Go's, Redis' and Postgres' do, may listen there, and again
// after it was closed. On systems other than Linux the port is only likely to
// be free.
func Reserve(t testing.TB) string {
	t.Helper()
	port, release, err := hold()
	if err != nil {
		t.Fatal("reserve a port:", err)
	}
	t.Cleanup(release)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// Package testport reserves local ports for tests. Use it for a program with a
// port setting, for a server that stops and restarts, and for an address
// without a listener. If a program can report its address, prefer port 0.
package testport

import (
	"net"
	"strconv"
	"testing"
)

// Reserve returns an address of 127.0.0.1 without a listener. The system gives
// its port to no other socket until the test ends. A listener with
// SO_REUSEADDR, as of Go, Redis and Postgres, may use the port, and use it
// again after a close. On systems other than Linux, the port is probably free,
// but not reserved.
func Reserve(t testing.TB) string {
	t.Helper()
	port, release, err := hold()
	if err != nil {
		t.Fatal("reserve a port:", err)
	}
	t.Cleanup(release)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

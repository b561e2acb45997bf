//go:build !unix

package httpserver

import "net"

// queued is unknown on this system. A client that connects between the last
// deadline and the close is reset.
func queued(net.Listener) bool { return false }

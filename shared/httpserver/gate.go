package httpserver

import (
	"net"
	"os"
	"sync/atomic"
	"time"
)

// gate is a listener that stops without resetting connections. Closing a plain
// listener resets the connections that the kernel has accepted and the program
// has not. shut makes the gate accept those first. It closes the listener, so
// that clients cannot reconnect, and then hands them out.
type gate struct {
	net.Listener
	shutting atomic.Bool
	rest     []net.Conn // accepted after shut; only Accept uses it
	closed   bool       // only Accept uses it
}

const (
	// settle is the time without a new client after which the gate closes.
	// Clients that send one request after another reconnect within it.
	settle = 20 * time.Millisecond
	// stopAfter and mostQueued limit the gathering when clients keep coming.
	stopAfter  = 200 * time.Millisecond
	mostQueued = 4096
)

// shut makes Accept accept the queued connections, close the listener, hand the
// connections out, and then fail.
func (g *gate) shut() {
	g.shutting.Store(true)
	if !g.deadline(time.Now()) { // wakes Accept
		_ = g.Close()
	}
}

// deadline sets the listener's deadline and reports whether it has deadlines.
func (g *gate) deadline(t time.Time) bool {
	d, ok := g.Listener.(interface{ SetDeadline(time.Time) error })
	return ok && d.SetDeadline(t) == nil
}

// Accept implements net.Listener. Only http.Server calls it, one call at a
// time.
func (g *gate) Accept() (net.Conn, error) {
	for !g.shutting.Load() {
		conn, err := g.Listener.Accept()
		if err == nil || !os.IsTimeout(err) {
			return conn, err
		}
	}
	if !g.closed {
		g.gather()
		_ = g.Close()
		g.closed = true
	}
	if len(g.rest) == 0 {
		return nil, net.ErrClosed
	}
	conn := g.rest[0]
	g.rest = g.rest[1:]
	return conn, nil
}

// gather accepts connections until none has come for settle. Finally it accepts
// the connections in the kernel's queue: a deadline may pass long before this
// goroutine runs again, so a timeout does not prove that the queue is empty.
func (g *gate) gather() {
	begin := time.Now()
	for last := begin; time.Since(last) < settle && time.Since(begin) < stopAfter; {
		g.deadline(last.Add(settle))
		if conn, err := g.Listener.Accept(); err == nil {
			g.rest = append(g.rest, conn)
			last = time.Now()
		}
	}
	g.deadline(time.Time{})
	for len(g.rest) < mostQueued && queued(g.Listener) {
		conn, err := g.Listener.Accept()
		if err != nil {
			return
		}
		g.rest = append(g.rest, conn)
	}
}

package httpserver

import (
	"net"
	"os"
	"sync/atomic"
	"time"
)

// gate is a listener that stops without a reset. Closing a listener resets
// the connections that the kernel has accepted and the program has not; a
// gate that is shut first takes those in, and hands them out once it is
// closed, when their clients can no longer come back for more.
type gate struct {
	net.Listener
	shutting atomic.Bool
	rest     []net.Conn // taken in after shut; only Accept uses it
	closed   bool       // likewise
}

const (
	// settle is how long no client must have come before the gate closes.
	// Clients that send one request after another have all come by then.
	settle = 20 * time.Millisecond
	// stopAfter and mostQueued bound the gathering, whoever keeps coming.
	stopAfter  = 200 * time.Millisecond
	mostQueued = 4096
)

// shut makes Accept take in what is queued, close the listener, hand out what
// it took, and fail.
func (g *gate) shut() {
	g.shutting.Store(true)
	if !g.deadline(time.Now()) { // wakes Accept
		_ = g.Close()
	}
}

// deadline reports whether the listener has deadlines.
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

// gather takes in who comes until nobody has come for settle, and last what
// the kernel then still has: a deadline may have passed long before this
// goroutine runs again, and says nothing about the queue.
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

package api_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/fualab/fualab/shared/testport"
)

// link is a TCP way to a server that can be cut, and stalled: then connections
// stand and carry nothing.
type link struct {
	addr, server string
	gate         sync.RWMutex // held while it is stalled

	mu    sync.Mutex
	ln    net.Listener
	conns []net.Conn
}

func newLink(t *testing.T, server string) *link {
	t.Helper()
	l := &link{addr: testport.Reserve(t), server: server}
	l.mend(t)
	t.Cleanup(l.cut)
	return l
}

func (l *link) mend(t *testing.T) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ln = ln
	go l.accept(ln)
}

func (l *link) accept(ln net.Listener) {
	for {
		from, err := ln.Accept()
		if err != nil {
			return
		}
		to, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.server)
		if err != nil { // the server is gone, and may come back
			_ = from.Close()
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, from, to)
		l.mu.Unlock()
		go l.carry(to, from)
		go l.carry(from, to)
	}
}

func (l *link) carry(to, from net.Conn) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		l.gate.RLock()
		_, err = to.Write(buffer[:n])
		l.gate.RUnlock()
		if err != nil {
			return
		}
	}
}

func (l *link) stall()   { l.gate.Lock() }
func (l *link) release() { l.gate.Unlock() }

func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.ln.Close()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

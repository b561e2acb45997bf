package apitest

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/fualab/fualab/shared/testport"
)

// Link is a TCP way to a server that can be cut, and stalled: then connections
// stand and carry nothing.
type Link struct {
	Addr, server string
	gate         sync.RWMutex // held while it is stalled

	mu    sync.Mutex
	ln    net.Listener
	conns []net.Conn
}

// NewLink returns a link to a server.
func NewLink(t *testing.T, server string) *Link {
	t.Helper()
	l := &Link{Addr: testport.Reserve(t), server: server}
	l.Mend(t)
	t.Cleanup(l.Cut)
	return l
}

// Mend accepts connections again.
func (l *Link) Mend(t *testing.T) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", l.Addr)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ln = ln
	go l.accept(ln)
}

func (l *Link) accept(ln net.Listener) {
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

func (l *Link) carry(to, from net.Conn) {
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

// Stall holds all bytes back.
func (l *Link) Stall() { l.gate.Lock() }

// Release ends Stall.
func (l *Link) Release() { l.gate.Unlock() }

// Cut closes all connections, and refuses new ones.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.ln.Close()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

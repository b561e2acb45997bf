package httpserver

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0", "FUALAB_TEST_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func dial(t *testing.T, ln net.Listener) error {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", ln.Addr().String())
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return err
}

// TestGateHandsOutQueuedConnections proves that clients that connected before
// the close are served, and that later ones are refused.
func TestGateHandsOutQueuedConnections(t *testing.T) {
	t.Parallel()
	ln := listen(t)
	g := &gate{Listener: ln}
	if queued(ln) {
		t.Error("a connection waits before any client has come")
	}
	const clients = 3
	for range clients {
		if err := dial(t, ln); err != nil {
			t.Fatal(err)
		}
	}
	if !queued(ln) {
		t.Error("no connection waits")
	}
	g.shut()
	for n := range clients {
		conn, err := g.Accept()
		if err != nil {
			t.Fatalf("connection %d: %v", n, err)
		}
		_ = conn.Close()
	}
	for range 2 {
		if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after the last connection: %v, want net.ErrClosed", err)
		}
	}
	if err := dial(t, ln); err == nil {
		t.Error("a closed gate lets a client connect")
	}
}

// bare is a listener without deadlines and without a descriptor.
type bare struct{ net.Listener }

func TestGateClosesAListenerWithoutDeadlines(t *testing.T) {
	t.Parallel()
	ln := listen(t)
	g := &gate{Listener: bare{ln}}
	accepted := make(chan error, 1)
	go func() {
		_, err := g.Accept()
		accepted <- err
	}()
	g.shut()
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept returns %v, want net.ErrClosed", err)
	}
	if queued(bare{ln}) {
		t.Error("a listener without a descriptor has a connection that waits")
	}
}

func TestGatePassesOnAnErrorOfItsListener(t *testing.T) {
	t.Parallel()
	g := &gate{Listener: listen(t)}
	_ = g.Close()
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want that of the listener", err)
	}
}

func TestWaitEndsWithTheLastConnection(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, tt := range []struct {
		name                           string
		atLeast, atMost, closes, lasts time.Duration
		open                           bool
	}{
		{name: "no connection", atMost: 300 * ms},
		{name: "no connection, a delay", atLeast: 100 * ms, atMost: 300 * ms, lasts: 100 * ms},
		{name: "a connection that stays", atMost: 300 * ms, open: true, closes: time.Second, lasts: 300 * ms},
		{name: "a connection that closes", atMost: 300 * ms, open: true, closes: 200*ms - 1, lasts: 200 * ms},
		{name: "one that closes during the delay", atLeast: 100 * ms, atMost: 300 * ms, open: true, closes: 50 * ms, lasts: 100 * ms},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &Server{open: newConnections(Connections{}, slog.New(slog.DiscardHandler), nil)}
			if tt.open {
				conn, other := net.Pipe()
				defer func() { _, _ = conn.Close(), other.Close() }()
				s.open.note(conn, http.StateNew)
				time.AfterFunc(tt.closes, func() { s.open.note(conn, http.StateClosed) })
			}
			begin := time.Now()
			s.wait(tt.atLeast, tt.atMost)
			if took := time.Since(begin); took != tt.lasts {
				t.Errorf("%s: waited %s, want %s", tt.name, took, tt.lasts)
			}
		})
	}
}

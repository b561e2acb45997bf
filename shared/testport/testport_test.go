package testport_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/fualab/fualab/shared/testport"
)

func dial(t *testing.T, addr string) error {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

// TestReservedPortListensAgain proves that two listeners in turn can use the
// port, and that it refuses connections before, between and after them.
func TestReservedPortListensAgain(t *testing.T) {
	t.Parallel()
	addr := testport.Reserve(t)
	refused := func(when string) {
		t.Helper()
		if err := dial(t, addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v, want the connection refused", when, err)
		}
	}
	refused("before")
	for range 2 {
		ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := dial(t, addr); err != nil {
			t.Errorf("while it listens: %v", err)
		}
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		refused("after")
	}
}

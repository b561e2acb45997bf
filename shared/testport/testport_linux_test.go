package testport_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/fualab/fualab/shared/testport"
)

// TestReservedPortIsTaken proves that a socket without SO_REUSEADDR cannot bind
// the port.
func TestReservedPortIsTaken(t *testing.T) {
	t.Parallel()
	alone := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		controlErr := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
		})
		return errors.Join(controlErr, err)
	}}
	ln, err := alone.Listen(t.Context(), "tcp", testport.Reserve(t))
	if err == nil {
		_ = ln.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want the address in use", err)
	}
}

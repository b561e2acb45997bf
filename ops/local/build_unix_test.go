//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/fualab/fualab/shared/testwait"
)

// TestCancelledBuildEndsAllProcesses: npm starts a program that ignores SIGTERM.
func TestCancelledBuildEndsAllProcesses(t *testing.T) {
	t.Parallel()
	repository := newRepository(t, `(trap '' TERM; exec 3>alive; while :; do sleep 1; done) &
wait`)
	b := newBuilder(t, repository)
	fifo := filepath.Join(repository, "frontend", "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- b.build(ctx) }()
	alive, err := os.Open(fifo) // blocks until the program opens it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = alive.Close() }()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the build ends with %v", err)
	}
	gone := make(chan error, 1)
	go func() {
		_, err := alive.Read(make([]byte, 1))
		gone <- err
	}()
	if err := testwait.Receive(t, "the end of the program that npm has started", gone); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

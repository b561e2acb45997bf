package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
)

// TestPartEnds: a part ends while it should run, with an error and without.
func TestPartEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{broken, "worker: the disk is gone"},
		{nil, "worker: it ended by itself"},
	} {
		end := make(chan error)
		failing, steady := answering(t, "worker", end), answering(t, "API", nil)
		if !failing.start(t.Context()) || !steady.start(t.Context()) {
			t.Fatal("a healthy part does not count as started")
		}
		end <- tt.err
		var printed strings.Builder
		awaitEnd(t.Context(), &printed, steady, failing, steady)
		if want := "stopping: the worker has failed"; !strings.Contains(printed.String(), want) {
			t.Errorf("the runner prints %q, want %q", printed.String(), want)
		}
		if err := failing.stop(); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
		if err := steady.stop(); err != nil {
			t.Error("the other part:", err)
		}
	}
}

// answering is a part that responds at /health until end sends an error for it.
func answering(t *testing.T, name string, end <-chan error) *part {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	server := httpserver.New(httpserver.Config{
		Handler:         http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		ShutdownTimeout: time.Second,
		Log:             slog.New(slog.DiscardHandler),
	})
	return &part{name: name, addr: reachable(ln), run: func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		served := make(chan error, 1)
		go func() { served <- server.Serve(ctx, ln) }()
		select {
		case err := <-end:
			return err
		case err := <-served:
			return err
		}
	}}
}

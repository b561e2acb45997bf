package worker

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
)

func TestServeDuringAbandonsWorkThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	server := httpserver.New(httpserver.Config{Handler: http.NotFoundHandler(), ShutdownTimeout: time.Second, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		<-begun
		cancel()
	}()
	err := serveDuring(ctx, server, listenLocal(t), 50*time.Millisecond, func(context.Context) {
		close(begun)
		<-release // ignores its context
		close(ended)
	})
	if err == nil || !strings.Contains(err.Error(), "the loop did not end within 50ms") {
		t.Errorf("returned %v", err)
	}
	close(release)
	<-ended
}

package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
)

// serveDuring serves on ln while work runs. Both end with ctx, and work also
// ends when the listener fails. If work has not ended within timeout after the
// last response, serveDuring abandons it and returns an error, because the work
// still uses resources that the caller closes.
func serveDuring(ctx context.Context, server *httpserver.Server, ln net.Listener, timeout time.Duration, work func(context.Context)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	err := server.Serve(ctx, ln)
	stop()
	select {
	case <-done:
		return err
	case <-time.After(timeout):
		return errors.Join(err, fmt.Errorf("stop working: the loop did not end within %s", timeout))
	}
}

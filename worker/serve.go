package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
)

// serveDuring answers on ln while work runs. Both end with ctx, and work also
// when the listener fails. Work that has not ended within timeout of the last
// answer is abandoned, which is an error: it holds what the caller closes.
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
		return errors.Join(err, fmt.Errorf("stop working: the loop had not ended after %s", timeout))
	}
}

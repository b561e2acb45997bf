// Package jobconsole serves River's own console. A program without it is half
// as large and compiles faster.
package jobconsole

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"riverqueue.com/riverui"

	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/httpapi"
)

// console has no authentication: any client of the worker's address can retry,
// cancel and delete jobs.
type console struct {
	river *riverui.Handler
	log   *slog.Logger
}

// New returns a console of the runs of client.
func New(client *runs.Client, log *slog.Logger) (httpapi.JobConsole, error) {
	h, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(client.River(), nil),
		Logger:    log,
		Prefix:    httpapi.JobsPath,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job console: %w", err)
	}
	return &console{river: h, log: log}, nil
}

// Run keeps the console's counts fresh until ctx ends.
func (c *console) Run(ctx context.Context) {
	if err := c.river.Start(ctx); err != nil {
		c.log.WarnContext(ctx, "cannot cache the job console's counts; each page counts anew", "error", err)
		return
	}
	<-ctx.Done()
}

// ServeHTTP answers below httpapi.JobsPath.
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.river.ServeHTTP(w, r) }

//go:build !nojobsui

package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"riverqueue.com/riverui"

	"github.com/fualab/fualab/shared/runs"
)

// HasJobs says that this build has the job console.
const HasJobs = true

// Jobs is River's own console. It has no authentication: whoever reaches the
// worker's address can retry, cancel and delete.
type Jobs struct {
	console *riverui.Handler
	log     *slog.Logger
}

// NewJobs returns the console for the runs that client reaches.
func NewJobs(client *runs.Client, log *slog.Logger) (*Jobs, error) {
	h, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(client, nil),
		Logger:    log,
		Prefix:    JobsPath,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job console: %w", err)
	}
	return &Jobs{console: h, log: log}, nil
}

// Run keeps the console's counts fresh until ctx ends.
func (j *Jobs) Run(ctx context.Context) {
	if err := j.console.Start(ctx); err != nil {
		j.log.WarnContext(ctx, "the job console counts anew for each page", "error", err)
		return
	}
	<-ctx.Done()
}

// ServeHTTP answers below JobsPath.
func (j *Jobs) ServeHTTP(w http.ResponseWriter, r *http.Request) { j.console.ServeHTTP(w, r) }

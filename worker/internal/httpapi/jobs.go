package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"

	"riverqueue.com/riverui"

	"github.com/fualab/fualab/shared/runs"
)

// JobsPath is where the operators' job console is.
const JobsPath = "/jobs"

// NewJobs returns River's own console for the runs that client reaches. It
// has no authentication: whoever reaches the worker's address can retry,
// cancel and delete.
func NewJobs(client *runs.Client, log *slog.Logger) (http.Handler, error) {
	h, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(client, nil),
		Logger:    log,
		Prefix:    JobsPath,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job console: %w", err)
	}
	return h, nil
}

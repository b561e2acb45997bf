//go:build nojobsui

package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/fualab/fualab/shared/runs"
)

// HasJobs says that this build has no job console: with it, the program is half
// as large again.
const HasJobs = false

// Jobs is the console that this build has not.
type Jobs struct{ http.Handler }

// NewJobs fails.
func NewJobs(*runs.Client, *slog.Logger) (*Jobs, error) {
	return nil, errors.New("this build has no job console")
}

// Run has nothing to do.
func (*Jobs) Run(context.Context) {}

package program

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fualab/fualab/shared/config"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"done", t.Context(), nil, 0},
		{"told to stop", ended, fmt.Errorf("open: %w", context.Canceled), 0},
		{"failed while stopping", ended, errors.New("no"), 1},
		{"failed", t.Context(), errors.New("no"), 1},
		{"cancelled by itself", t.Context(), context.Canceled, 1},
		{"settings", t.Context(), fmt.Errorf("load: %w", &config.Error{}), 2},
		{"usage", t.Context(), UsageError("unknown command"), 2},
	} {
		if got := exitCode(tt.ctx, tt.err); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

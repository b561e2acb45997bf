//go:build nojobsui

package worker

import (
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
)

func TestJobConsoleIsLeftOut(t *testing.T) {
	t.Parallel()
	_, err := config.Load[Config]([]string{"FUALAB_DATABASE_URL=sqlite:///x.db", "FUALAB_JOBS_UI=true"})
	if err == nil || !strings.Contains(err.Error(), "FUALAB_JOBS_UI") || !strings.Contains(err.Error(), "TAGS") {
		t.Errorf("got %v, want a fault that names the variable and the cure", err)
	}
}

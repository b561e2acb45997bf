package worker

import (
	"errors"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
)

func TestProgramWithoutJobConsoleRefusesTheSetting(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load[Config]([]string{"FUALAB_DATABASE_URL=sqlite:///x.db", "FUALAB_JOBS_UI=true"})
	if err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), cfg)
	if faults := (*config.Error)(nil); !errors.As(err, &faults) || !strings.Contains(err.Error(), "FUALAB_JOBS_UI") || !strings.Contains(err.Error(), "TAGS") {
		t.Errorf("got %v, want a fault that names the variable and the cure", err)
	}
}

package worker_test

import (
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/worker"
)

// TestProductionRefusesAnOpenConsole also checks that the other faults are
// reported with it.
func TestProductionRefusesAnOpenConsole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env, ui, addr string
		refused       bool
	}{
		{"production", "true", ":8001", true},
		{"production", "true", "0.0.0.0:8001", true},
		{"production", "true", "127.0.0.1:8001", false},
		{"production", "false", ":8001", false},
		{"development", "true", ":8001", false},
	} {
		_, err := config.Load[worker.Config]([]string{
			"FUALAB_DATABASE_URL=sqlite:///x.db", "FUALAB_REDIS_URL=redis://cache.example.com:6379",
			"FUALAB_ENV=" + tt.env, "FUALAB_JOBS_UI=" + tt.ui, "FUALAB_WORKER_ADDR=" + tt.addr,
		})
		message := ""
		if err != nil {
			message = err.Error()
		}
		if strings.Contains(message, "FUALAB_JOBS_UI") != tt.refused || strings.Contains(message, "FUALAB_REDIS_URL") != (tt.env == "production") {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

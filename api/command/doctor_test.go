package command

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testdb"
)

// TestDoctorStatus proves that the exit status follows the worst check, without
// another message.
func TestDoctorStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		url  config.DatabaseURL
		args []string
		want int
	}{
		{"without a worker", testdb.NewURL(t, "sqlite"), nil, 1},
		{"without a database", "postgresql://fualab:marker-s3cret@127.0.0.1:1/fualab", nil, 2},
		{"with an argument", testdb.NewURL(t, "sqlite"), []string{"all"}, 2},
	} {
		cmd := command(t, tt.url, append([]string{"doctor"}, tt.args...)...)
		cmd.Env = append(cmd.Env, "FUALAB_WORKER_ADDR=127.0.0.1:0")
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != tt.want || strings.Contains(string(out), "marker-s3cret") {
			t.Errorf("%s: %v, want status %d\n%s", tt.name, err, tt.want, out)
		}
		if tt.args == nil && strings.Contains(string(out), "exit status") {
			t.Errorf("%s: it says its status:\n%s", tt.name, out)
		}
	}
}

func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	cmd := command(t, testdb.NewURL(t, "sqlite"), "doctor", "--json")
	cmd.Env = append(cmd.Env, "FUALAB_WORKER_ADDR=127.0.0.1:0")
	out, _ := cmd.Output() // TestDoctorStatus checks the status
	var report struct {
		Status string
		Checks []struct{ Name, Status, Found, Cure string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if report.Status != "warning" || len(report.Checks) < 7 {
		t.Errorf("%+v", report)
	}
}

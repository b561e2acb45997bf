// Package doctor looks at what a platform stands on, changes nothing, and says
// for each thing that is wrong the cause and the cure.
package doctor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
)

// Status is how something is.
type Status string

// The statuses. With a warning the platform serves, and something is missing;
// with an error it does not serve, or not for long.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Error   Status = "error"
)

var byBadness = []Status{OK, Warning, Error}

// Check is what was found of one thing.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Found  string `json:"found"` // the cause, unless Status is OK
	Cure   string `json:"cure,omitempty"`
}

// Report is what was found of everything.
type Report struct {
	Status Status  `json:"status"` // the worst of Checks
	Checks []Check `json:"checks"`
}

// workerSettings is what is asked of the worker's settings.
type workerSettings struct {
	Addr config.Addr `env:"WORKER_ADDR" envDefault:":8001"`
}

// timeout bounds all that is asked of one server.
const timeout = 10 * time.Second

// Examine reads the settings in environ and looks at what they name. A setting
// that cannot be used is an error; what it would have named is not looked at.
func Examine(ctx context.Context, environ []string) Report {
	cfg, err := config.Load[api.Config](environ)
	checks, usable := examineSettings(err)
	if usable("FUALAB_DATABASE_URL") {
		checks = append(checks, examineDatabase(ctx, cfg)...)
	}
	if usable("FUALAB_REDIS_URL") {
		checks = append(checks, examineRedis(ctx, cfg.RedisURL)...)
	}
	worker, err := config.Load[workerSettings](environ)
	if usable("FUALAB_API_ADDR") {
		checks = append(checks, examinePort(ctx, "api port", cfg.Addr, "FUALAB_API_ADDR"))
	}
	if _, usable := examineSettings(err); usable("FUALAB_WORKER_ADDR") {
		checks = append(checks, examinePort(ctx, "worker port", worker.Addr, "FUALAB_WORKER_ADDR"))
	}
	return newReport(checks)
}

func newReport(checks []Check) Report {
	worst := 0
	for _, c := range checks {
		worst = max(worst, slices.Index(byBadness, c.Status))
	}
	return Report{byBadness[worst], checks}
}

// examineSettings tells, too, which variables can be used.
func examineSettings(err error) (checks []Check, usable func(variable string) bool) {
	faults := config.FaultsOf(err)
	for _, f := range faults {
		cause, cure, ok := strings.Cut(f.Message, "; ")
		if !ok {
			cure = "correct or unset it; .env.example tells what it means"
		}
		checks = append(checks, Check{"settings", Error, f.Variable + ": " + cause, cure})
	}
	if len(faults) == 0 {
		checks = []Check{{Name: "settings", Status: OK, Found: "every FUALAB_ variable can be used"}}
	}
	return checks, func(variable string) bool {
		return !slices.ContainsFunc(faults, func(f config.Fault) bool { return f.Variable == variable })
	}
}

// wrong makes a check of an error whose message is "VARIABLE: cause: cure", as
// those of shared are.
func wrong(name string, status Status, err error) Check {
	message := err.Error()
	if variable, rest, ok := strings.Cut(message, ": "); ok && strings.HasPrefix(variable, config.Prefix) {
		message = rest
	}
	cause, cure, _ := strings.Cut(message, ": ")
	return Check{name, status, cause, cure}
}

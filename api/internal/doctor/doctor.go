// Package doctor checks the dependencies of a platform. It changes nothing, and
// reports the cause and the cure of each fault.
package doctor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
)

// Status is the result of a check.
type Status string

// The statuses. With a warning, the platform serves but lacks a part. With an
// error, it does not serve, or not for long.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Error   Status = "error"
)

var byBadness = []Status{OK, Warning, Error}

// Check is the result for one dependency.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Found  string `json:"found"` // the cause, unless Status is OK
	Cure   string `json:"cure,omitempty"`
}

// Report is the result of all checks.
type Report struct {
	Status Status  `json:"status"` // the worst of Checks
	Checks []Check `json:"checks"`
}

// workerSettings are the checked settings of the worker.
type workerSettings struct {
	Addr config.Addr `env:"WORKER_ADDR" envDefault:":8001"`
}

// timeout is the limit of all requests to one server.
const timeout = 10 * time.Second

// Examine reads the settings in environ and checks the dependencies that they
// name. An unusable setting is an error, and its dependency is not checked.
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

// examineSettings also reports the usable variables.
func examineSettings(err error) (checks []Check, usable func(variable string) bool) {
	faults := config.FaultsOf(err)
	for _, f := range faults {
		cause, cure, ok := strings.Cut(f.Message, "; ")
		if !ok {
			cure = "correct or unset it; .env.example describes it"
		}
		checks = append(checks, Check{"settings", Error, f.Variable + ": " + cause, cure})
	}
	if len(faults) == 0 {
		checks = []Check{{Name: "settings", Status: OK, Found: "all FUALAB_ variables are valid"}}
	}
	return checks, func(variable string) bool {
		return !slices.ContainsFunc(faults, func(f config.Fault) bool { return f.Variable == variable })
	}
}

// wrong makes a check of an error with the message "VARIABLE: cause: cure", the
// form of package shared.
func wrong(name string, status Status, err error) Check {
	message := err.Error()
	if variable, rest, ok := strings.Cut(message, ": "); ok && strings.HasPrefix(variable, config.Prefix) {
		message = rest
	}
	cause, cure, _ := strings.Cut(message, ": ")
	return Check{name, status, cause, cure}
}

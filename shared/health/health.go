// Package health checks a service's dependencies for its /ready.
package health

import (
	"context"
	"errors"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/redis"
)

// Timeout is the limit of one dependency's check.
const Timeout = 2 * time.Second

// Dependency is the public state of a dependency. It has no internal details.
type Dependency struct {
	Status    string  `json:"status" enum:"ok,down,disabled" doc:"disabled: not configured and not required."`
	Dialect   string  `json:"dialect,omitempty" example:"postgres" doc:"For a database: postgres or sqlite."`
	LatencyMS float64 `json:"latency_ms" doc:"Duration of one round trip in milliseconds."`
	Error     string  `json:"error,omitempty" doc:"The cause of the failure, without internal details."`

	cause error // with internal details, for a Journal
}

// Database is the part of a store that CheckDatabase uses.
type Database interface {
	Ping(ctx context.Context) error
	Dialect() string
	SchemaVersion(ctx context.Context) (string, error)
}

// ReadOnly reports whether d is a database that answers but refuses writes.
func (d Dependency) ReadOnly() bool { return errors.Is(d.cause, database.ReadOnly) }

// CheckDatabase checks db and returns its newest migration, or "" if the
// version is unknown.
func CheckDatabase(ctx context.Context, db Database) (d Dependency, schemaVersion string) {
	d = check(ctx, db.Ping)
	d.Dialect = db.Dialect()
	if d.Status != "ok" && !d.ReadOnly() {
		return d, ""
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	version, err := db.SchemaVersion(ctx)
	if err != nil {
		d.down(err)
	}
	return d, version
}

// CheckRedis checks client, which may be nil.
func CheckRedis(ctx context.Context, client *redis.Client) Dependency {
	if client == nil {
		return Dependency{Status: "disabled"}
	}
	return check(ctx, client.Ping)
}

// check measures one round trip.
func check(ctx context.Context, ping func(context.Context) error) Dependency {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	begin := time.Now()
	err := ping(ctx)
	d := Dependency{Status: "ok", LatencyMS: float64(time.Since(begin).Microseconds()) / 1000}
	if err != nil {
		d.down(err)
	}
	return d
}

func (d *Dependency) down(err error) { d.Status, d.Error, d.cause = "down", reason(err), err }

func reason(err error) string {
	var unfit database.Unfit
	if errors.As(err, &unfit) {
		return string(unfit)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "did not answer within 2 s"
	}
	return "cannot be reached; the log has the cause"
}

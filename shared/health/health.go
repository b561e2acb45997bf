// Package health checks what a service stands on, for its /ready.
package health

import (
	"context"
	"errors"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/redis"
)

// Timeout bounds the check of one dependency.
const Timeout = 2 * time.Second

// Dependency is how a dependency is, for everybody to read: it holds no
// internals.
type Dependency struct {
	Status    string  `json:"status" enum:"ok,down,disabled" doc:"disabled: not configured, and not missed."`
	Dialect   string  `json:"dialect,omitempty" example:"postgres" doc:"Of a database: postgres or sqlite."`
	LatencyMS float64 `json:"latency_ms" doc:"How long one round trip took, in milliseconds."`
	Error     string  `json:"error,omitempty" doc:"What is wrong, without internals."`

	cause error // with internals, for a Journal
}

// Database is what Check needs of a store.
type Database interface {
	Ping(ctx context.Context) error
	Dialect() string
	SchemaVersion(ctx context.Context) (string, error)
}

// ReadOnly reports whether d is a database that answers and refuses writes.
func (d Dependency) ReadOnly() bool { return errors.Is(d.cause, database.ReadOnly) }

// CheckDatabase asks db for a sign of life and for its newest migration, ""
// when it has none or cannot tell.
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

// CheckRedis asks client, which may be nil, for a sign of life.
func CheckRedis(ctx context.Context, client *redis.Client) Dependency {
	if client == nil {
		return Dependency{Status: "disabled"}
	}
	return check(ctx, client.Ping)
}

// check times one round trip.
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

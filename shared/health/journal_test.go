package health_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/health"
)

// database is a database with a fixed error.
type database struct{ err error }

func (d database) Ping(context.Context) error                    { return d.err }
func (d database) Dialect() string                               { return "sqlite" }
func (d database) SchemaVersion(context.Context) (string, error) { return "0001", nil }
func (d database) check(ctx context.Context) (dep health.Dependency) {
	dep, _ = health.CheckDatabase(ctx, d)
	return dep
}

// TestJournal checks repeatedly. Only a change is logged, with its cause, and
// the response omits the cause.
func TestJournal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	j := health.NewJournal(slog.New(slog.NewTextHandler(&out, nil)))
	note := func(d database) {
		for range 3 {
			dep := d.check(t.Context())
			if strings.Contains(dep.Error, "marker") {
				t.Errorf("internals show: %s", dep.Error)
			}
			j.Note(t.Context(), "database", dep)
		}
	}
	note(database{})
	if out.Len() > 0 {
		t.Errorf("the log has %s without a change", out.String())
	}
	note(database{errors.New("refused marker")})
	note(database{context.Canceled})
	note(database{})
	if got := out.String(); strings.Count(got, "\n") != 2 || strings.Count(got, "refused marker") != 1 || !strings.Contains(got, "dependency back") {
		t.Errorf("logged: %s", got)
	}
}

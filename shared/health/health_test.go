package health_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	db "github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/health"
)

// answers is a database with a fixed answer to Ping.
type answers struct{ ping error }

func (a answers) Ping(context.Context) error                  { return db.Error(a.ping, "check the database") }
func (answers) Dialect() string                               { return "postgres" }
func (answers) SchemaVersion(context.Context) (string, error) { return "0001", nil }

// TestUnfitDatabaseIsNotOK expects the reason in /ready, and also the schema's
// version if the database is readable.
func TestUnfitDatabaseIsNotOK(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ping                    error
		status, reason, version string
		readOnly                bool
	}{
		{nil, "ok", "", "0001", false},
		{db.ReadOnly, "down", "refuses writes", "0001", true},
		{db.FileGone, "down", "was moved or deleted", "", false},
		{errors.New("secret"), "down", "the log has the cause", "", false},
	} {
		d, version := health.CheckDatabase(t.Context(), answers{tt.ping})
		if d.Status != tt.status || !strings.Contains(d.Error, tt.reason) || version != tt.version || d.ReadOnly() != tt.readOnly {
			t.Errorf("%v: %+v, schema %q", tt.ping, d, version)
		}
	}
}

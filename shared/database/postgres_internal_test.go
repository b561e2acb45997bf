package database

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestPgBouncerAcceptsTheConnection checks the startup parameters. PgBouncer
// refuses a connection with an unknown one, so statements set the others.
func TestPgBouncerAcceptsTheConnection(t *testing.T) {
	t.Parallel()
	cfg, err := pgx.ParseConfig("postgres://u:p@host/base?bytea_output=escape&IntervalStyle=iso_8601")
	if err != nil {
		t.Fatal(err)
	}
	session := settings(cfg)
	known := []string{"application_name", "client_encoding", "datestyle", "standard_conforming_strings", "timezone"}
	for parameter := range cfg.RuntimeParams {
		if !slices.Contains(known, parameter) {
			t.Errorf("the connection begins with %s", parameter)
		}
	}
	for _, parameter := range slices.Concat(slices.Collect(maps.Keys(postgresOutputs)), slices.Collect(maps.Keys(postgresDefaults))) {
		if !strings.Contains(session, "SET "+parameter+" = ") {
			t.Errorf("%s is not set: %s", parameter, session)
		}
	}
	own, err := pgx.ParseConfig("postgres://u:p@host/base?statement_timeout=100")
	if err != nil {
		t.Fatal(err)
	}
	if session := settings(own); strings.Contains(session, "statement_timeout") {
		t.Errorf("the URL's bound is overwritten: %s", session)
	}
}

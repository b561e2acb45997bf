package store

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
)

// Facts is what the database tells of itself, for somebody who looks for a
// fault. On SQLite only Server and Applied say something.
type Facts struct {
	Server    string    // its version
	Major     int       // the version's first number
	Now       time.Time // by its clock
	ReadOnly  bool
	MayCreate bool     // tables
	Denied    []string // tables that this user may not read, or not write
	Applied   []string // migrations, ascending
}

// Facts only reads.
func (s *Store) Facts(ctx context.Context) (*Facts, error) {
	f := new(Facts)
	ask := s.sqliteFacts
	if s.db.IsPostgres() {
		ask = s.postgresFacts
	}
	if err := ask(ctx, f); err != nil {
		return nil, database.Error(err, "ask the database what it is")
	}
	newest, err := s.SchemaVersion(ctx)
	if err != nil || newest == "" {
		return f, err
	}
	err = s.db.NewRaw("SELECT name FROM bun_migrations ORDER BY name").Scan(ctx, &f.Applied)
	return f, database.Error(err, "select the migrations")
}

func (s *Store) sqliteFacts(ctx context.Context, f *Facts) error {
	return s.db.NewRaw("SELECT sqlite_version()").Scan(ctx, &f.Server)
}

func (s *Store) postgresFacts(ctx context.Context, f *Facts) error {
	err := s.db.NewRaw(`
		SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000, clock_timestamp(),
			current_setting('transaction_read_only')::bool OR pg_is_in_recovery(),
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(ctx, &f.Server, &f.Major, &f.Now, &f.ReadOnly, &f.MayCreate)
	if err != nil {
		return err
	}
	// A list of privileges in one call would ask for any of them.
	return s.db.NewRaw(`
		SELECT tablename
		FROM pg_tables, LATERAL (SELECT format('%I.%I', schemaname, tablename) AS name) AS t
		WHERE schemaname = current_schema() AND NOT (
			has_table_privilege(t.name, 'SELECT') AND has_table_privilege(t.name, 'INSERT') AND
			has_table_privilege(t.name, 'UPDATE') AND has_table_privilege(t.name, 'DELETE'))
		ORDER BY tablename`).Scan(ctx, &f.Denied)
}

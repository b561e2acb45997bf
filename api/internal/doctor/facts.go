package doctor

import (
	"context"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
)

// facts describe the database for the search for faults. On SQLite, only Server
// and Applied are set.
type facts struct {
	Server    string    // the server's version
	Major     int       // the version's first number
	Now       time.Time // by the server's clock
	ReadOnly  bool
	MayCreate bool     // may create tables
	Denied    []string // tables that this user may not read or write
	Applied   []string // migrations, ascending
}

// factsOf only reads.
func factsOf(ctx context.Context, db *database.DB) (*facts, error) {
	f := new(facts)
	ask := sqliteFacts
	if db.IsPostgres() {
		ask = postgresFacts
	}
	if err := ask(ctx, db, f); err != nil {
		return nil, database.Error(err, "read the facts of the database")
	}
	newest, err := schema.Applied(ctx, db)
	if err != nil || newest == "" {
		return f, err
	}
	err = db.NewRaw("SELECT 'platform/' || name FROM bun_migrations UNION ALL SELECT 'product/' || name FROM bun_product_migrations ORDER BY 1").
		Scan(ctx, &f.Applied)
	return f, database.Error(err, "select the migrations")
}

func sqliteFacts(ctx context.Context, db *database.DB, f *facts) error {
	return db.NewRaw("SELECT sqlite_version()").Scan(ctx, &f.Server)
}

func postgresFacts(ctx context.Context, db *database.DB, f *facts) error {
	err := db.NewRaw(`
		SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000, clock_timestamp(),
			current_setting('transaction_read_only')::bool OR pg_is_in_recovery(),
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(ctx, &f.Server, &f.Major, &f.Now, &f.ReadOnly, &f.MayCreate)
	if err != nil {
		return err
	}
	// A list of privileges in one call would accept any of them.
	return db.NewRaw(`
		SELECT tablename
		FROM pg_tables, LATERAL (SELECT format('%I.%I', schemaname, tablename) AS name) AS t
		WHERE schemaname = current_schema() AND NOT (
			has_table_privilege(t.name, 'SELECT') AND has_table_privilege(t.name, 'INSERT') AND
			has_table_privilege(t.name, 'UPDATE') AND has_table_privilege(t.name, 'DELETE'))
		ORDER BY tablename`).Scan(ctx, &f.Denied)
}

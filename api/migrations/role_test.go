package migrations

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testdb"
)

// as returns a URL with another user.
func as(t *testing.T, u config.DatabaseURL, user *url.Userinfo) config.DatabaseURL {
	t.Helper()
	parsed, err := url.Parse(u.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = user
	return config.DatabaseURL(parsed.String())
}

// TestServicesOwnNoSchema proves that the services' role reads and writes rows,
// also of tables from later migrations, and changes no table.
func TestServicesOwnNoSchema(t *testing.T) {
	t.Parallel()
	owned := testdb.EmptyURL(t, "postgres")
	owner := testdb.Open(t, owned)
	m := newMigrator(t, owner)
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	role := strings.ToLower("services of "+t.Name()) + `"; --`
	name := `"` + strings.ReplaceAll(role, `"`, `""`) + `"`
	t.Cleanup(func() {
		for _, statement := range []string{"DROP OWNED BY " + name, "DROP ROLE " + name} {
			if _, err := owner.Pool.Exec(context.WithoutCancel(t.Context()), statement); err != nil {
				t.Error(err)
			}
		}
	})
	for _, password := range []string{`it's "one" $1`, "another"} { // created, then changed
		services := as(t, owned, url.UserPassword(role, password))
		if err := m.Serve(t.Context(), services); err != nil {
			t.Fatal(err)
		}
		db := testdb.Open(t, services)
		if _, err := owner.Pool.Exec(t.Context(), "DROP TABLE IF EXISTS later; CREATE TABLE later (id bigserial, x int)"); err != nil {
			t.Fatal(err)
		}
		for _, may := range []string{
			"INSERT INTO later (x) VALUES (1)", "UPDATE later SET x = 2", "DELETE FROM later", "SELECT * FROM items", "SELECT * FROM bun_migrations",
			"INSERT INTO items (name, created_at, updated_at) VALUES ('x', now(), now())", "DELETE FROM items", "SELECT * FROM river_job",
		} {
			if _, err := db.Pool.Exec(t.Context(), may); err != nil {
				t.Errorf("%s: %v", may, err)
			}
		}
		for _, mayNot := range []string{
			"CREATE TABLE mine (x int)", "DROP TABLE items", "ALTER TABLE items ADD COLUMN x int", "TRUNCATE items", "DELETE FROM bun_migrations", "DELETE FROM bun_product_migrations",
			"CREATE ROLE other", "CREATE SCHEMA mine", "COPY items TO PROGRAM 'cat'",
		} {
			if _, err := db.Pool.Exec(t.Context(), mayNot); err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("%s: %v, want SQLSTATE 42501", mayNot, err)
			}
		}
	}
	own, err := url.Parse(owned.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for _, refused := range []config.DatabaseURL{owned, as(t, owned, url.User(own.User.Username()))} {
		if err := m.Serve(t.Context(), refused); err == nil || !strings.Contains(err.Error(), "may change the schema") {
			t.Errorf("the owner as the services' role: %v", err)
		}
	}
}

// TestServeNeedsPostgres checks the error on SQLite, which has no roles.
func TestServeNeedsPostgres(t *testing.T) {
	t.Parallel()
	u := testdb.EmptyURL(t, "sqlite")
	m, err := New(testdb.Open(t, u), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Serve(t.Context(), u); err == nil || !strings.Contains(err.Error(), "needs Postgres") {
		t.Errorf("error %v", err)
	}
}

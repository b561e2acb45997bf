package migrations

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/schema"
)

// Serve gives the role of the services' URL the right to read and write all
// rows of the schema. It creates the role, or sets its password from the URL.
// The role owns nothing, so it can neither change nor create tables. The
// Migrator's own role must own the schema, and must be another one.
//
// Serve is repeatable. Repeat it after a restore, because a restore brings no
// privileges.
func (m *Migrator) Serve(ctx context.Context, services config.DatabaseURL) error {
	u, err := url.Parse(services.Reveal())
	if err != nil || u.User.Username() == "" || !m.db.IsPostgres() {
		return errors.New("a role for the services needs Postgres, and a user in FUALAB_DATABASE_URL")
	}
	role := u.User.Username()
	var owner string
	var exists, super bool
	if err := m.db.Pool.QueryRow(ctx, `SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolsuper)`, role).Scan(&owner, &exists, &super); err != nil {
		return err
	}
	if role == owner || super {
		return fmt.Errorf("the user %q of FUALAB_DATABASE_URL may change the schema: name another role there, and the owner in FUALAB_MIGRATE_DATABASE_URL alone", role)
	}
	name := pgx.Identifier{role}.Sanitize()
	var statements []string
	if password, given := u.User.Password(); given {
		verb := "CREATE"
		if exists {
			verb = "ALTER"
		}
		statements = append(statements, verb+" ROLE "+name+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '"+verifier(password)+"'")
	}
	var namespace string
	if err := m.db.Pool.QueryRow(ctx, "SELECT current_schema()").Scan(&namespace); err != nil {
		return err
	}
	in := pgx.Identifier{namespace}.Sanitize()
	const rows, numbers = "SELECT, INSERT, UPDATE, DELETE ON", "USAGE, SELECT ON"
	statements = append(statements,
		"REVOKE CREATE ON SCHEMA "+in+" FROM PUBLIC",
		"GRANT USAGE ON SCHEMA "+in+" TO "+name,
		"GRANT "+rows+" ALL TABLES IN SCHEMA "+in+" TO "+name,
		"GRANT "+numbers+" ALL SEQUENCES IN SCHEMA "+in+" TO "+name,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA "+in+" GRANT "+rows+" TABLES TO "+name,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA "+in+" GRANT "+numbers+" SEQUENCES TO "+name,
		// Only the owner may write the list of applied migrations.
		"REVOKE INSERT, UPDATE, DELETE ON "+strings.Join(slices.Collect(maps.Values(schema.Marks)), ", ")+", bun_migration_locks FROM "+name,
	)
	return pgx.BeginFunc(ctx, m.db.Pool, func(tx pgx.Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("give the role %q its rights: %s: %w", role, strings.SplitN(statement, " PASSWORD", 2)[0], err)
			}
		}
		return nil
	})
}

// scramRounds is Postgres' own number.
const scramRounds = 4096

// verifier returns the stored form of a password (RFC 5803), so that neither a
// statement nor the server's log contains the password.
func verifier(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	salted, err := pbkdf2.Key(sha256.New, password, salt, scramRounds, sha256.Size)
	if err != nil {
		panic(err) // only an invalid length fails
	}
	key := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(key(salted, "Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramRounds, encode(salt), encode(stored[:]), encode(key(salted, "Server Key")))
}

package testdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/schema"
)

// namePrefix marks all databases of this package. It never drops another
// database.
const namePrefix = "fualab_test_"

// container returns the URL of this test binary's own Postgres. The first call
// starts it. It is nil without the build tag integration.
var container func() (string, error)

// server returns the URL of the tests' Postgres server, or skips the test.
func server(t testing.TB) string {
	t.Helper()
	if u := os.Getenv("FUALAB_TEST_DATABASE_URL"); u != "" {
		return u
	}
	if container == nil && !Required() {
		t.Skip("no Postgres: set FUALAB_TEST_DATABASE_URL, or -tags integration to have Docker run one")
	}
	if container == nil {
		t.Fatal("FUALAB_TEST_REQUIRE=1 and no Postgres: set FUALAB_TEST_DATABASE_URL, or -tags integration to have Docker run one")
	}
	u, err := container()
	if err != nil {
		t.Fatalf("no Postgres: make Docker work, or set FUALAB_TEST_DATABASE_URL: %v", err)
	}
	return u
}

// template returns the name of a database with the current schema. Each server
// has one for each schema; the name is the digest of the schema.
func template(t testing.TB) string {
	t.Helper()
	digest := sha256.Sum256([]byte(schema.Postgres))
	name := namePrefix + "template_" + hex.EncodeToString(digest[:6])
	admin(t, func(ctx context.Context, conn *pgx.Conn) error {
		// Test binaries run in parallel, and the first one makes the template.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
			return err
		}
		var made bool
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&made); err != nil || made {
			return err
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
			return err
		}
		if err := loadOnce(ctx, withDatabase(server(t), name)); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
		return err
	})
	return name
}

func loadOnce(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, schema.Postgres)
	return err
}

var serial atomic.Int64

// postgresFrom copies the database template, and drops the copy when the test
// ends.
func postgresFrom(t testing.TB, template string) config.DatabaseURL {
	t.Helper()
	name := fmt.Sprintf("%s%d_%d", namePrefix, os.Getpid(), serial.Add(1))
	admin(t, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
		return err
	})
	t.Cleanup(func() {
		admin(t, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			return err
		})
	})
	return config.DatabaseURL(withDatabase(server(t), name))
}

func admin(t testing.TB, do func(context.Context, *pgx.Conn) error) {
	t.Helper()
	// During a cleanup, the test's context has already ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server(t))
	if err != nil {
		t.Fatal("connect to the test server:", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := do(ctx, conn); err != nil {
		t.Fatal("prepare a test database:", err)
	}
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}

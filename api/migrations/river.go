package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun/migrate"
)

// riverVersion is the schema of the River release in go.mod. A later release
// with another schema gets a migration of its own.
const riverVersion = 8

// river is the migration that makes the job queue's tables. River keeps track
// of its own steps, each of which commits with its mark, so that repeating it
// after a kill goes on from there.
func river(postgres bool) migrate.Migration {
	return migrate.Migration{
		Name: "0002", Comment: "river",
		Up: func(ctx context.Context, m *migrate.Migrator, _ *migrate.Migration) error {
			return migrateRiver(ctx, m.DB().DB, postgres, rivermigrate.DirectionUp, riverVersion)
		},
		Down: func(ctx context.Context, m *migrate.Migrator, _ *migrate.Migration) error {
			return migrateRiver(ctx, m.DB().DB, postgres, rivermigrate.DirectionDown, -1)
		},
	}
}

func migrateRiver(ctx context.Context, db *sql.DB, postgres bool, direction rivermigrate.Direction, target int) error {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(db)
	if postgres {
		driver = riverdatabasesql.New(db)
	}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}) // Up has a line of its own
	if err != nil {
		return fmt.Errorf("prepare River's migrations: %w", err)
	}
	_, err = migrator.Migrate(ctx, direction, &rivermigrate.MigrateOpts{TargetVersion: target})
	return err
}

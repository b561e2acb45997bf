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

// riverVersion is the schema version of the River release in go.mod. A release
// with another schema needs a migration of its own.
const riverVersion = 8

// river is the migration that creates the job queue's tables. River commits
// each of its steps with a mark, so a repetition after a kill continues there.
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
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}) // Up logs its own line
	if err != nil {
		return fmt.Errorf("prepare River's migrations: %w", err)
	}
	_, err = migrator.Migrate(ctx, direction, &rivermigrate.MigrateOpts{TargetVersion: target})
	return err
}

// Package migrations has the schema's history, one directory a dialect with
// equal ids, and applies it.
//
// A migration and its mark commit together, and one process migrates at a time.
// A process may be killed at any moment, and any number may start at once.
package migrations

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"github.com/fualab/fualab/shared/database"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Status is one migration, applied or pending.
type Status struct {
	Name      string // 0001
	Comment   string // base
	AppliedAt time.Time
	Applied   bool
}

// Migrator applies and reverts migrations of one database.
type Migrator struct {
	db  *database.DB
	log *slog.Logger
	all []migrate.Migration // ascending
}

// New returns a Migrator for db's dialect.
func New(db *database.DB, log *slog.Logger) (*Migrator, error) {
	dir, err := fs.Sub(files, db.DialectName())
	if err != nil {
		return nil, err
	}
	m, err := newFrom(db, log, dir)
	if err != nil {
		return nil, err
	}
	library := river(db.IsPostgres())
	for i := range m.all {
		if m.all[i].Name == library.Name {
			return nil, fmt.Errorf("read the migrations: %w", sameNumber(m.all[i].Name+"_"+m.all[i].Comment, library.Name+"_"+library.Comment+" of package migrations"))
		}
	}
	m.all = append(m.all, library)
	slices.SortFunc(m.all, func(a, b migrate.Migration) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

func newFrom(db *database.DB, log *slog.Logger, dir fs.FS) (*Migrator, error) {
	all, err := discover(dir)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return &Migrator{db: db, log: log, all: all}, nil
}

// Up applies all pending migrations in order, and returns their number. It
// waits for another process that migrates.
func (m *Migrator) Up(ctx context.Context) (int, error) {
	applied := 0
	err := m.locked(ctx, func(db *bun.DB) error {
		for i := range m.all {
			begin := time.Now()
			ran, err := m.upTo(ctx, db, i)
			if err != nil {
				return err
			}
			if ran {
				applied++
				m.log.InfoContext(ctx, "migration applied", "migration", m.all[i].Name, "name", m.all[i].Comment, "duration_ms", time.Since(begin).Milliseconds())
			}
		}
		return nil
	})
	return applied, err
}

// upTo applies the i-th migration; its predecessors must be applied. The
// library gets one more migration each time. So each is a group of its own, and
// Down reverts one.
func (m *Migrator) upTo(ctx context.Context, db *bun.DB, i int) (bool, error) {
	group, err := migrator(db, m.all[:i+1]).Migrate(ctx)
	if err != nil {
		return false, fmt.Errorf("apply migration %s: %w", m.all[i].Name, err)
	}
	return !group.IsZero(), nil
}

// Down reverts the newest applied migration and returns its name, or "" if none
// is applied.
func (m *Migrator) Down(ctx context.Context) (string, error) {
	var name string
	err := m.locked(ctx, func(db *bun.DB) error {
		group, err := migrator(db, m.all).Rollback(ctx)
		if err != nil {
			return fmt.Errorf("revert the newest migration: %w", err)
		}
		if !group.IsZero() {
			name = group.Migrations[0].Name
		}
		return nil
	})
	return name, err
}

// Names returns the names of all migrations, ascending. It does not use the
// database.
func (m *Migrator) Names() []string {
	names := make([]string, len(m.all))
	for i := range m.all {
		names[i] = m.all[i].Name
	}
	return names
}

// List returns every migration, ascending.
func (m *Migrator) List(ctx context.Context) ([]Status, error) {
	var list []Status
	err := m.locked(ctx, func(db *bun.DB) error {
		ms, err := migrator(db, m.all).MigrationsWithStatus(ctx)
		for i := range ms {
			list = append(list, Status{ms[i].Name, ms[i].Comment, ms[i].MigratedAt, ms[i].IsApplied()})
		}
		return err
	})
	return list, err
}

// migrator configures the library. The library marks a migration after its
// transaction has committed. A kill between the two would leave an applied
// migration without a mark. So a script writes the mark inside the transaction,
// and the library's own mark, an upsert, finds it there.
func migrator(db *bun.DB, ms []migrate.Migration) *migrate.Migrator {
	set := migrate.NewMigrations()
	for i := range ms {
		set.Add(ms[i])
	}
	return migrate.NewMigrator(db, set, migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true))
}

// Package migrations holds the history of the schema and applies it. The history has two sequences, the platform's and
// the product's, with numbers and a table of marks of their own. The platform's runs first, so a table of the product
// may refer to one of the platform. Each sequence has one directory for each dialect, with equal numbers.
//
// A migration and its mark commit together, and one process migrates at a time. The process may be killed at any
// moment, and any number of processes may start at once.
package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/schema"
)

//go:embed platform product
var files embed.FS

// Status is one migration, applied or pending.
type Status struct {
	Name      string // platform/0001
	Comment   string // base
	AppliedAt time.Time
	Applied   bool
}

// sequence is a line of migrations with a table of marks.
type sequence struct {
	name string              // platform or product, also its directory
	all  []migrate.Migration // ascending
}

// sequences are in the order in which they are applied.
var sequences = []string{"platform", "product"}

// marks is the table that says which migrations of the sequence were applied.
func (s sequence) marks() string { return schema.Marks[s.name] }

// qualified names a migration of the sequence for people.
func (s sequence) qualified(m *migrate.Migration) string { return s.name + "/" + m.Name }

// Migrator applies and reverts migrations of one database.
type Migrator struct {
	db        *database.DB
	log       *slog.Logger
	sequences []sequence
}

// New returns a Migrator for db's dialect.
func New(db *database.DB, log *slog.Logger) (*Migrator, error) {
	m, err := newFrom(db, log, files)
	if err != nil {
		return nil, err
	}
	platform, library := &m.sequences[0], river(db.IsPostgres())
	for i := range platform.all {
		if own := platform.all[i]; own.Name == library.Name {
			return nil, fmt.Errorf("read the migrations: %w",
				sameNumber(own.Name+"_"+own.Comment, library.Name+"_"+library.Comment+" of package migrations"))
		}
	}
	platform.all = append(platform.all, library)
	slices.SortFunc(platform.all, func(a, b migrate.Migration) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

// newFrom reads the migrations from root, which has a directory for each sequence. A sequence may be empty.
func newFrom(db *database.DB, log *slog.Logger, root fs.FS) (*Migrator, error) {
	m := &Migrator{db: db, log: log}
	for _, name := range sequences {
		s := sequence{name: name}
		dir, err := fs.Sub(root, name+"/"+db.DialectName())
		if err == nil {
			s.all, err = discover(dir, s.marks())
		}
		if err != nil {
			return nil, fmt.Errorf("read the migrations of the %s: %w", name, err)
		}
		m.sequences = append(m.sequences, s)
	}
	return m, nil
}

// Up applies every pending migration, in order, and returns how many. It waits for another process that is migrating.
func (m *Migrator) Up(ctx context.Context) (int, error) {
	applied := 0
	err := m.locked(ctx, func(db *bun.DB) error {
		for _, s := range m.sequences {
			for i := range s.all {
				begin := time.Now()
				ran, err := s.upTo(ctx, db, i)
				if err != nil {
					return err
				}
				if ran {
					applied++
					m.log.InfoContext(ctx, "migration applied", "migration", s.qualified(&s.all[i]), "name", s.all[i].Comment,
						"duration_ms", time.Since(begin).Milliseconds())
				}
			}
		}
		return nil
	})
	return applied, err
}

// upTo applies the i-th migration; those before it have been applied. Handing the library one more at a time makes each
// a group of its own, so that Down reverts one.
func (s sequence) upTo(ctx context.Context, db *bun.DB, i int) (bool, error) {
	group, err := s.migrator(db, s.all[:i+1]).Migrate(ctx)
	if err != nil {
		return false, fmt.Errorf("apply migration %s: %w", s.qualified(&s.all[i]), err)
	}
	return !group.IsZero(), nil
}

// Down reverts the newest applied migration and returns its name, or "" if none is applied. Those of the product go
// before those of the platform.
func (m *Migrator) Down(ctx context.Context) (string, error) {
	var name string
	err := m.locked(ctx, func(db *bun.DB) error {
		for _, s := range slices.Backward(m.sequences) {
			group, err := s.migrator(db, s.all).Rollback(ctx)
			if err != nil {
				return fmt.Errorf("revert the newest migration of the %s: %w", s.name, err)
			}
			if !group.IsZero() {
				name = s.qualified(&group.Migrations[0])
				return nil
			}
		}
		return nil
	})
	return name, err
}

// Names returns the name of every migration, in the order in which they are applied. It asks no database.
func (m *Migrator) Names() []string {
	var names []string
	for _, s := range m.sequences {
		for i := range s.all {
			names = append(names, s.qualified(&s.all[i]))
		}
	}
	return names
}

// List returns every migration, in the order in which they are applied.
func (m *Migrator) List(ctx context.Context) ([]Status, error) {
	var list []Status
	err := m.locked(ctx, func(db *bun.DB) error {
		for _, s := range m.sequences {
			ms, err := s.migrator(db, s.all).MigrationsWithStatus(ctx)
			if err != nil {
				return err
			}
			for i := range ms {
				list = append(list, Status{s.qualified(&ms[i]), ms[i].Comment, ms[i].MigratedAt, ms[i].IsApplied()})
			}
		}
		return nil
	})
	return list, err
}

// migrator configures the library. It marks a migration after the migration's transaction has committed, so a process
// killed between the two would leave one that is applied and not marked. A script therefore marks it inside of that
// transaction, and the library's own mark, an upsert, finds it.
func (s sequence) migrator(db *bun.DB, ms []migrate.Migration) *migrate.Migrator {
	set := migrate.NewMigrations()
	for i := range ms {
		set.Add(ms[i])
	}
	return migrate.NewMigrator(db, set, migrate.WithTableName(s.marks()), migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true))
}

// errOneSequence refuses a database that was migrated before the history had two sequences.
var errOneSequence = errors.New("this database is from before the first release, and its migrations no longer exist: " +
	"export its rows with the version that made it, delete the database, and import them")

// prepared runs f once the tables of marks exist.
func (m *Migrator) prepared(ctx context.Context, db *bun.DB, f func(db *bun.DB) error) error {
	tables, err := schema.MarkTables(ctx, db) // by the session that holds the lock
	if err != nil {
		return err
	}
	if only := m.sequences[0]; slices.Equal(tables, []string{only.marks()}) {
		var applied int // none, if a process was killed between the two tables
		if err := db.NewRaw("SELECT count(*) FROM ?", bun.Ident(only.marks())).Scan(ctx, &applied); err != nil {
			return err
		}
		if applied > 0 {
			return errOneSequence
		}
	}
	for _, s := range m.sequences {
		if err := s.migrator(db, s.all).Init(ctx); err != nil {
			return err
		}
	}
	return f(db)
}

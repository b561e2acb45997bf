package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/migrations"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/version"
)

// migrate prints its result to stdout; its log goes to stderr.
func migrate(ctx context.Context, args, environ []string, stdout, stderr io.Writer) (err error) {
	if len(args) != 1 {
		return errUsage
	}
	cfg, err := load(environ, stderr)
	if err != nil {
		return err
	}
	services := cfg.DatabaseURL
	if cfg.MigrateDatabaseURL != "" {
		cfg.DatabaseURL = cfg.MigrateDatabaseURL
	}
	db, err := api.OpenDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := migrations.New(db, cfg.Log)
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		if err := up(ctx, m, stdout); err != nil || cfg.MigrateDatabaseURL == "" {
			return err
		}
		return m.Serve(ctx, services)
	case "down":
		return down(ctx, m, stdout)
	case "status":
		return status(ctx, m, stdout)
	default:
		return errUsage
	}
}

func up(ctx context.Context, m *migrations.Migrator, w io.Writer) error {
	n, err := m.Up(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d migrations applied; the schema is up to date\n", n)
	return err
}

func down(ctx context.Context, m *migrations.Migrator, w io.Writer) error {
	name, err := m.Down(ctx)
	if err != nil {
		return err
	}
	if name == "" {
		_, err = fmt.Fprintln(w, "there is no migration to revert")
		return err
	}
	_, err = fmt.Fprintf(w, "migration %s reverted\n", name)
	return err
}

func status(ctx context.Context, m *migrations.Migrator, w io.Writer) error {
	list, err := m.List(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		state := "pending"
		if s.Applied {
			state = "applied " + s.AppliedAt.UTC().Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(w, "%-13s %-20s %s\n", s.Name, s.Comment, state); err != nil {
			return err
		}
	}
	return nil
}

// healthcheck needs only the address, so that it works in a container with
// other wrong settings.
func healthcheck(ctx context.Context, environ []string) error {
	type listener struct {
		Addr config.Addr `env:"API_ADDR" envDefault:"127.0.0.1:8000"`
	}
	cfg, err := config.Load[listener](environ)
	if err != nil {
		return err
	}
	return httpserver.Check(ctx, string(cfg.Addr), "/health")
}

func printVersion(w io.Writer) error {
	_, err := fmt.Fprintln(w, version.Line("fualab-api"))
	return err
}

package command

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/fualab/fualab/api/internal/backup"
	"github.com/fualab/fualab/shared/program"
	"github.com/fualab/fualab/shared/schema"
)

const (
	backupUsage  = program.UsageError("usage: fualab-api backup FILE")
	restoreUsage = program.UsageError(`usage: fualab-api restore [--replace] FILE

  --replace  replace the database that is there; one of SQLite is kept beside it`)
)

func saveBackup(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if len(args) != 1 {
		return backupUsage
	}
	o, err := backupOptions(environ, stderr)
	if err != nil {
		return err
	}
	if err := backup.Save(ctx, o, args[0]); err != nil {
		return err
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "saved the whole database to %s, %d bytes\n", args[0], info.Size())
	return err
}

func restoreBackup(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	replace := len(args) == 2 && args[0] == "--replace"
	if !replace && len(args) != 1 {
		return restoreUsage
	}
	o, err := backupOptions(environ, stderr)
	if err != nil {
		return err
	}
	done, err := backup.Restore(ctx, o, args[len(args)-1], replace)
	if err != nil {
		return err
	}
	if done.Kept != "" {
		if _, err := fmt.Fprintf(stdout, "the replaced database is kept as %s\n", done.Kept); err != nil {
			return err
		}
	}
	next := "start the platform"
	if !schema.Reached(done.Version, schema.Version) {
		next = "run `fualab-api migrate up`, or start the API, which migrates"
	}
	_, err = fmt.Fprintf(stdout, "the database is restored, at migration %s: %s\n", done.Version, next)
	return err
}

func backupOptions(environ []string, stderr io.Writer) (backup.Options, error) {
	cfg, err := load(environ, stderr)
	return backup.Options{URL: cfg.DatabaseURL, Environ: environ, Log: cfg.Log}, err
}

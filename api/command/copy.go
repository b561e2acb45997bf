package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fualab/fualab/api/internal/transfer"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/program"
)

const copyUsage = program.UsageError(`usage: fualab-api copy --from sqlite:///.data/fualab.db [--to postgresql://user@host/database]

  --from  the SQLite database of a platform that is stopped
  --to    an empty Postgres database, or one that an earlier copy from there has begun to
          fill (default FUALAB_DATABASE_URL). Others see a command line: leave the password
          out of it, and set PGPASSWORD.`)

// copyPlatform moves a platform to Postgres. It prints the result to stdout,
// one line for each table, and its progress to stderr.
func copyPlatform(ctx context.Context, args, environ []string, stdout, stderr io.Writer) (err error) {
	from, to, err := parseCopy(args, environ)
	if err != nil {
		return err
	}
	logger := log.New(stderr, slog.LevelWarn, "fualab-api")
	source, err := openSide(ctx, "--from", from, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := openSide(ctx, "--to", to, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	began, shown := time.Now(), newProgress(stderr, "rows")
	tables, err := transfer.Run(ctx, transfer.Options{
		From: source, To: target, Source: from.String(), Log: logger,
		Progress: func(stage transfer.Stage, table string, done, total int64) {
			shown.set(string(stage)+" "+table, done, total)
		},
	})
	shown.end()
	if ctx.Err() != nil {
		return errors.New("stopped; the copied rows stay, and the same command continues after them")
	}
	if err != nil {
		return err
	}
	return printTables(stdout, tables, time.Since(began))
}

// parseCopy names the source by its absolute path. So a copy that continues
// later, from another directory, is recognized.
func parseCopy(args, environ []string) (from, to config.DatabaseURL, err error) {
	flags := flag.NewFlagSet("copy", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	fromText := flags.String("from", "", "")
	toText := flags.String("to", variable(environ, "FUALAB_DATABASE_URL"), "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 || *fromText == "" || *toText == "" {
		return "", "", copyUsage
	}
	if err := from.UnmarshalText([]byte(*fromText)); err != nil {
		return "", "", program.UsageError("--from " + err.Error())
	}
	if err := to.UnmarshalText([]byte(*toText)); err != nil {
		return "", "", program.UsageError("--to " + err.Error())
	}
	path, err := database.SQLitePath(from)
	if err != nil {
		return "", "", program.UsageError("--from names the SQLite database of a platform, such as sqlite:///.data/fualab.db")
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	if _, err := os.Stat(path); err != nil { // opening would create an empty one
		return "", "", fmt.Errorf("--from: there is no database at %s: correct the path", path)
	}
	return database.SQLiteURL(path), to, nil
}

// variable returns the value of an environment variable, or "".
func variable(environ []string, name string) string {
	i := slices.IndexFunc(environ, func(e string) bool { return strings.HasPrefix(e, name+"=") })
	if i < 0 {
		return ""
	}
	return environ[i][len(name)+1:]
}

func openSide(ctx context.Context, side string, url config.DatabaseURL, logger *slog.Logger) (*database.DB, error) {
	db, err := database.Open(ctx, database.Options{URL: url, AppName: "fualab-api copy", MaxConns: 2, Log: logger})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", side, err)
	}
	return db, nil
}

func printTables(w io.Writer, tables []transfer.Table, took time.Duration) error {
	rows := int64(0)
	for _, t := range tables {
		rows += t.Rows
		if _, err := fmt.Fprintf(w, "%-18s %9d rows  sha256 %x\n", t.Name, t.Rows, t.Digest); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "the target has the same %d rows as the source, each compared; this run took %s\n", rows, took.Round(time.Second))
	return err
}

// Package command is the command line of fualab-api: the server, and the
// commands for its database. The local runner offers some of them, too.
package command

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/program"
)

const usage = `usage: fualab-api [command]

  serve                    serve the API (the default)
  migrate up|down|status   apply all pending migrations, revert the newest, or list them
  backup FILE              save the whole database in a file
  restore [--replace] FILE make the database what it was when the file was saved
  token create|list|revoke make a token that lets a program in, list them, or end one
  doctor [--json]          check settings, database, Redis, ports, worker and disk, and tell cause and cure
  copy                     move a platform from SQLite to Postgres, and check every row
  export                   write the items of a running platform to standard output
  import FILE              send a file of items to a running platform, and wait for the result
  healthcheck              exit 0 if the API on this machine answers, for containers
  openapi                  print the OpenAPI document
  version                  print the version

Settings are FUALAB_* environment variables; see .env.example.
`

const errUsage = program.UsageError("unknown command; `fualab-api help` lists them")

// Run runs the command in args, or serves the API without one. Its settings are
// the FUALAB_ variables in environ. It returns when the command is done or ctx
// ends. The error is a program.UsageError for unknown arguments, a
// *config.Error for settings, and a program.Status if no message is left to
// print.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "serve":
		return serveAPI(ctx, environ, stderr)
	case "migrate":
		return migrate(ctx, args[1:], environ, stdout, stderr)
	case "backup":
		return saveBackup(ctx, args[1:], environ, stdout, stderr)
	case "restore":
		return restoreBackup(ctx, args[1:], environ, stdout, stderr)
	case "token":
		return token(ctx, args[1:], environ, stdout, stderr)
	case "doctor":
		return diagnose(ctx, args[1:], environ, stdout)
	case "copy":
		return copyPlatform(ctx, args[1:], environ, stdout, stderr)
	case "export":
		return exportItems(ctx, args[1:], environ, stdout, stderr)
	case "import":
		return importItems(ctx, args[1:], environ, os.Stdin, stdout, stderr)
	case "healthcheck":
		return healthcheck(ctx, environ)
	case "openapi":
		return api.WriteOpenAPI(stdout)
	case "version", "--version":
		return printVersion(stdout)
	case "help", "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return errUsage
	}
}

func serveAPI(ctx context.Context, environ []string, stderr io.Writer) error {
	lines := log.NewBuffer(stderr)
	defer lines.Flush()
	cfg, err := load(environ, lines)
	if err != nil {
		return err
	}
	tuneGC(cfg.CacheBytes, environ)
	return api.Run(ctx, cfg)
}

func load(environ []string, stderr io.Writer) (api.Config, error) {
	cfg, err := config.Load[api.Config](environ)
	if err != nil {
		return cfg, err
	}
	cfg.Log = log.New(stderr, cfg.LogLevel.Level, cfg.ServiceName)
	slog.SetDefault(cfg.Log)
	return cfg, nil
}

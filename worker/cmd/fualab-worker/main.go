// Command fualab-worker runs FUALab's background work.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/program"
	"github.com/fualab/fualab/shared/version"
	"github.com/fualab/fualab/worker"
)

const usage = `usage: fualab-worker [command]

  serve         run the worker (the default)
  run TASK      make one pass of a task now, in this process, and print the rows it affected
  healthcheck   exit 0 if the worker on this machine does its work, for containers
  version       print the version

Settings are FUALAB_* environment variables; see .env.example.
`

func main() { program.Main("fualab-worker", os.Environ(), run) }

const errUsage = program.UsageError("unknown command; `fualab-worker help` lists them")

func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	if want := map[string]int{"run": 2}[command]; len(args) > max(1, want) || len(args) < want {
		return errUsage
	}
	switch command {
	case "run":
		return runTask(ctx, args[1], environ, stdout, stderr)
	case "serve":
		return serve(ctx, environ, stderr)
	case "healthcheck":
		return healthcheck(ctx, environ)
	case "version", "--version":
		_, err := fmt.Fprintln(stdout, version.Line("fualab-worker"))
		return err
	case "help", "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return errUsage
	}
}

func load(environ []string, stderr io.Writer) (worker.Config, error) {
	cfg, err := config.Load[worker.Config](environ)
	if err != nil {
		return cfg, err
	}
	cfg.Log = log.New(stderr, cfg.LogLevel.Level, cfg.ServiceName)
	slog.SetDefault(cfg.Log)
	cfg.NewJobConsole = newJobConsole
	return cfg, nil
}

func serve(ctx context.Context, environ []string, stderr io.Writer) error {
	cfg, err := load(environ, stderr)
	if err != nil {
		return err
	}
	return worker.Run(ctx, cfg)
}

func runTask(ctx context.Context, name string, environ []string, stdout, stderr io.Writer) error {
	cfg, err := load(environ, stderr)
	if err != nil {
		return err
	}
	rows, err := worker.RunTask(ctx, cfg, name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %d rows affected\n", name, rows)
	return err
}

// healthcheck needs only the address, so that it works in a container with
// other wrong settings.
func healthcheck(ctx context.Context, environ []string) error {
	type listener struct {
		Addr config.Addr `env:"WORKER_ADDR" envDefault:":8001"`
	}
	cfg, err := config.Load[listener](environ)
	if err != nil {
		return err
	}
	return httpserver.Check(ctx, string(cfg.Addr), "/health")
}

// Command local runs the whole of FUALab in one process: API, worker and web
// client, on SQLite and an embedded Redis. It needs no other service.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/fualab/fualab/api/command"
	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/program"
)

const usage = `usage: go run ./ops/local [command]

  (none)      run the API, the worker and the web client until Ctrl-C
  seed [URL]  create sample items on a running platform, http://localhost:8000 by default
  doctor      check the platform of this machine, and print cause and cure of each fault
  backup FILE, restore [--replace] FILE, token …
              the commands of fualab-api, on the database of this machine's platform

Settings are FUALAB_* environment variables, see .env.example.
`

func main() { program.Main("fualab-local", os.Environ(), run) }

const errUsage = program.UsageError("unknown command; `go run ./ops/local help` lists them")

func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		dir, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("find the repository: %w", err)
		}
		if err := runPlatform(ctx, dir, environ, stdout, stderr); err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, "stopped")
		return err
	}
	switch args[0] {
	case "seed":
		if len(args) > 2 {
			return errUsage
		}
		return seed(ctx, append(args[1:], seedAPI)[0], stdout)
	case "doctor", "backup", "restore", "token":
		settings, err := localconfig.Environ(environ)
		if err != nil {
			return err
		}
		return command.Run(ctx, args, settings, stdout, stderr)
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return errUsage
	}
}

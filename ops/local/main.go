// Command local runs the whole of FUALab in one process: API, worker and web
// client, on SQLite and an embedded Redis. Nothing else needs to be there.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/fualab/fualab/shared/config"
)

const usage = `usage: go run ./ops/local

Runs the API, the worker and the web client until Ctrl-C. It takes no
arguments; settings are FUALAB_* environment variables, see .env.example.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal stops in order; from then on the next one kills.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "fualab-local:", err)
	var misconfigured *config.Error
	if errors.As(err, &misconfigured) || errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

var errUsage = errors.New("it takes no arguments; settings are FUALAB_* environment variables, see .env.example")

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
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return errUsage
	}
}

// Command licences compares the shipped dependencies of FUALab with the allowed
// licences: the Go modules of the API and the worker by the texts in their files,
// and the npm packages of the web client by package-lock.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// limit is the time limit of the run; modules may have to be downloaded.
const limit = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("licences", flag.ContinueOnError)
	list := flags.Bool("list", false, "print every dependency with its licences")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var all []dependency
	for _, service := range []string{"api", "worker"} {
		modules, err := goModules(ctx, service)
		if err != nil {
			return err
		}
		all = append(all, modules...)
	}
	packages, err := npmPackages("frontend/package-lock.json")
	if err != nil {
		return err
	}
	return report(out, append(all, packages...), *list)
}

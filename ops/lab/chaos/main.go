//go:build linux

// Command chaos injects faults into a running FUALab and its dependencies while
// clients are working, and compares the stored data with the acknowledged writes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	brief := flags.Bool("short", false, "keep each fault as short as possible: for CI")
	which := flags.String("run", "", "only the scenarios whose name this regular expression matches")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	wanted, err := regexp.Compile(*which)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	lab, err := newLab(ctx, ".", *brief)
	if lab != nil {
		defer lab.close()
	}
	if err != nil {
		return err
	}
	var r report
	for _, s := range scenarios {
		if wanted.MatchString(s.name) && (!s.long || !*brief || *which != "") {
			fmt.Fprintln(os.Stderr, "chaos:", s.name)
			r.add(lab.try(ctx, s))
		}
	}
	return r.print(os.Stdout)
}

// Command gotest runs go test, prints the failures, and counts the tests that
// passed, failed and were skipped. A test may be skipped only for a reason that
// skips.txt declares for the suite: with an unnoticed skip a check could never
// fail.
//
//	go run ./ops/ci/gotest -suite integration -race ./api/...
//
// All arguments after the suite's name go to go test. The exit status is 1 for
// a failure, an undeclared skip, or a run in which no test passed.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

//go:embed skips.txt
var skips string

// grace is the time that go test has to end after an interrupt.
const grace = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 3 || args[0] != "-suite" {
		return errors.New("usage: gotest -suite NAME [argument of go test …]")
	}
	suite := args[1]
	rules, err := parseRules(skips, suite)
	if err != nil {
		return err
	}
	command, args := []string{"test"}, args[2:]
	if args[0] == "-C" && len(args) > 2 { // it must come first
		command, args = append(command, args[:2]...), args[2:]
	}
	cmd := exec.CommandContext(ctx, "go", append(append(command, "-json"), args...)...) //nolint:gosec // the caller's own arguments
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start go test: %w", err)
	}
	seen := report{out: out}
	read := seen.read(events)
	if err := errors.Join(read, cmd.Wait()); err != nil {
		return errors.Join(seen.print(rules), fmt.Errorf("go test: %w", err))
	}
	return seen.print(rules)
}

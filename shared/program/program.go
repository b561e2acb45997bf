// Package program implements a service's main: signals, messages, exit codes.
package program

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

// Run is a program without its process. It returns when it is done, or when ctx
// ends.
type Run func(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error

// UsageError is the error of an invalid command line.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// Status is an exit status without a message.
type Status int

func (s Status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Main runs the program called name and exits. The exit code is 0 after an
// orderly end, 2 for unusable settings or an invalid command line, the Status
// from run, or otherwise 1. SIGINT and SIGTERM end the context of run.
func Main(name string, environ []string, run Run) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], environ, os.Stdout, os.Stderr)
	code := exitCode(ctx, err)
	stop()
	if told := Status(0); code != 0 && !errors.As(err, &told) {
		_, _ = fmt.Fprintln(os.Stderr, name+":", err)
	}
	os.Exit(code)
}

func exitCode(ctx context.Context, err error) int {
	var settings *config.Error
	var usage UsageError
	var status Status
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return 0 // stopped before it began
	case errors.As(err, &settings), errors.As(err, &usage):
		return 2
	case errors.As(err, &status):
		return int(status)
	default:
		return 1
	}
}

package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/config"
)

// npm runs npm in the client's directory.
type npm struct {
	path    string
	dir     string
	environ []string
	log     io.Writer // gets all of its output
}

// npmError is a failed run of npm.
type npmError struct {
	command string
	output  string // the beginning and the end of its output
	err     error
}

func (e *npmError) Error() string { return fmt.Sprintf("%s: %v", e.command, e.err) }
func (e *npmError) Unwrap() error { return e.err }

// run runs npm with args. When it returns, no process that npm started is
// left, in every case. The error is an *npmError.
func (n npm) run(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, n.path, args...) //nolint:gosec // the user's own npm
	cmd.Dir, cmd.WaitDelay = n.dir, 2*time.Second
	// Packages' scripts do not need the platform's settings, such as the
	// database's password.
	cmd.Env = slices.DeleteFunc(slices.Clone(n.environ), func(v string) bool { return strings.HasPrefix(v, config.Prefix) })
	cmd.Env = append(cmd.Env, "NO_COLOR=1", "FORCE_COLOR=0")
	var said excerpt
	out := io.MultiWriter(n.log, &said)
	cmd.Stdout, cmd.Stderr = out, out
	group(cmd)
	err := cmd.Run()
	killGroup(cmd)
	if err == nil {
		return nil
	}
	if i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") }); i >= 0 {
		args = args[:i]
	}
	return &npmError{"npm " + strings.Join(args, " "), said.String(), cmp.Or(ctx.Err(), err)}
}

// excerpt keeps the beginning and the end of the written text: npm prints the
// cause first and its manual after it, Vite prints the cause last.
type excerpt struct{ head, tail []byte }

const (
	excerptLines = 6 // lines kept at each end
	excerptBytes = 4 << 10
)

func (e *excerpt) Write(p []byte) (int, error) {
	n := len(p)
	taken := min(len(p), excerptBytes-len(e.head))
	e.head, p = append(e.head, p[:taken]...), p[taken:]
	e.tail = append(e.tail, p[max(0, len(p)-excerptBytes):]...)
	e.tail = e.tail[max(0, len(e.tail)-excerptBytes):]
	return n, nil
}

// String returns the first and the last non-blank lines.
func (e *excerpt) String() string {
	var lines []string
	for line := range bytes.Lines(slices.Concat(e.head, e.tail)) {
		if line = bytes.TrimRight(line, " \r\n"); len(line) > 0 {
			lines = append(lines, string(line))
		}
	}
	if end := len(lines) - excerptLines; end > excerptLines {
		lines = slices.Concat(lines[:excerptLines], []string{"…"}, lines[end:])
	}
	return strings.Join(lines, "\n")
}

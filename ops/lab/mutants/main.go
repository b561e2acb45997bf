// Command mutants makes one change at a time in the packages of FUALab, and lists
// each change that no test notices. The working tree stays as it is: a mutant is
// a file that go test reads instead of the real one, by -overlay.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// options are the flags and the arguments.
type options struct {
	seed          uint64
	count         int
	least         int
	budget        time.Duration
	own           bool
	checkAccepted bool
	out           string
	packages      []target
}

const usage = `usage: go run ./ops/lab/mutants [flag ...] [package ...]

Mutates the packages of packages.go, or the named ones of them (shared/cron),
and runs their tests and then those of their users. With
FUALAB_TEST_DATABASE_URL the tests use Postgres as well as SQLite.

`

func parse(args []string, out io.Writer) (options, error) {
	var o options
	var named packageNames
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		_, _ = io.WriteString(out, usage)
		flags.PrintDefaults()
	}
	flags.Uint64Var(&o.seed, "seed", 1, "choose other mutants by another `number`")
	flags.IntVar(&o.count, "count", 30, "try this `number` of mutants a package")
	flags.IntVar(&o.least, "least", 80, "fail when fewer `percent` of a package's mutants are killed")
	flags.DurationVar(&o.budget, "time", 0, "end the mutants of a package after this `duration`; 0 is no limit")
	flags.BoolVar(&o.own, "own", false, "run a package's own tests only, without those of its users")
	flags.BoolVar(&o.checkAccepted, "check-accepted", false, "fail when an accepted survivor of a mutated package is no longer a possible mutant")
	flags.StringVar(&o.out, "out", "", "write the survivors and the table to this `file` as well")
	flags.Var(&named, "package", "mutate this `package`, as shared/cron; may be repeated, and more may follow as arguments")
	for {
		if err := flags.Parse(args); err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		// Flags may follow the names of packages.
		named, args = append(named, flags.Arg(0)), flags.Args()[1:]
	}
	var err error
	o.packages, err = choosePackages(named)
	if o.own {
		o.packages = withoutUsers(o.packages)
	}
	return o, err
}

// packageNames is a flag that may be repeated.
type packageNames []string

// String is for flag.Value.
func (n *packageNames) String() string { return strings.Join(*n, " ") }

// Set is for flag.Value.
func (n *packageNames) Set(name string) error {
	*n = append(*n, name)
	return nil
}

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	o, err := parse(args, progress)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	accepted, err := parseAccepted(acceptedText)
	if err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	if o.out != "" {
		file, failed := os.Create(o.out)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = io.MultiWriter(out, file)
	}
	tests, err := newTests(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tests.close()) }()
	l := lab{options: o, root: root, accepted: accepted, tests: tests, out: out, progress: progress}
	return l.mutateAll(ctx)
}

// findRoot returns the nearest directory with a go.work, from the working
// directory upwards.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.work here or above: run mutants inside the repository")
		}
		dir = parent
	}
}

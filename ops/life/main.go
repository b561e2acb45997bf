// Command life begins a product from this repository, adds an entity to it, and brings it later versions of the platform.
// The tasks init, new:resource and update call it.
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
)

const usage = `usage: life init      [-product 'Acme Shop' -repository acme/shop …] [-from FILE] [-dry-run]
                      gives the clone the names of a product; asks for missing ones in a terminal
       life resource  NAME FIELD:TYPE[:unique][?] …     adds an entity: customer email:string:unique phone:string?
                      -plural and -dry-run stand before NAME
       life update    [-to COMMIT or TAG] [-from ADDRESS] [-dry-run] [-no-checks]
                      merges a version of the platform, on a branch; run it again to go on after a stop
       life update    -abort                            takes an unfinished update back
'life COMMAND -h' lists all flags.
`

// A mistake in the command exits with 2, and an update that waits for decisions with 3.
var (
	errUsage   = errors.New("the command is not understood")
	errStopped = errors.New("the update waits")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, ".", os.Args[1:], os.Stdin, os.Stdout)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "life: %v\n%s", err, usage)
		os.Exit(2)
	case errors.Is(err, errStopped):
		fmt.Fprintln(os.Stderr, "life:", err)
		os.Exit(3)
	default:
		fmt.Fprintln(os.Stderr, "life:", err)
		os.Exit(1)
	}
}

// run runs the program in the repository of dir.
func run(ctx context.Context, dir string, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	commands := map[string]func(context.Context, *repository, []string, io.Reader) error{
		"init": initialise, "update": update, "resource": newResource,
	}
	command, known := commands[args[0]]
	if !known {
		return fmt.Errorf("%w: %q is no command", errUsage, args[0])
	}
	r, err := open(ctx, dir, out)
	if err != nil {
		return err
	}
	return command(ctx, r, args[1:], in)
}

// parse reads flags, and returns the other arguments.
func parse(flags *flag.FlagSet, out io.Writer, args []string) ([]string, error) {
	flags.SetOutput(out)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return flags.Args(), nil
}

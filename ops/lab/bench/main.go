// Command bench measures FUALab on a real Postgres and prints ratios: what
// this machine is worth cancels out of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: bench list [rows]
       bench worker [flags]     (-h lists them)
       bench api [flags]
       bench soak [flags]
       bench import [flags]

  list     the first page of GET /api/items against one 90 % deep, for every sort; fails above 1.2
  worker   how fast items are enriched and expired, what the API's clients notice, how soon
           a new item is enriched, its runner against River, an idle tick; it fails below
           what is wanted
  api      the API as it is released against net/http, its database and PocketBase, its times
           under load, its start and its memory; it fails below what is wanted
  soak     ten minutes at half of the rate that the API reaches; fails if memory, threads, open
           files, connections or goroutines grow
  import   a file of a million rows against psql's \copy of the same, the programs' memory, and
           what the API's clients notice; it fails below what is wanted

It makes a database of its own, and drops it, on the Postgres server of
FUALAB_TEST_DATABASE_URL, and uses the Redis of FUALAB_TEST_REDIS_URL;
ops/ci/with-services.sh brings both for a command. Run it in the repository's root.
`

// benchmarks start what they measure.
var benchmarks = map[string]func(ctx context.Context, server string, args []string, out io.Writer) error{
	"api":    benchAPI,
	"soak":   benchSoak,
	"import": benchImport,
	"list":   onPlatform(benchList),
	"worker": onPlatform(benchWorker),
}

// onPlatform has bench prepare what it measures on a platform that has no item
// yet.
func onPlatform(bench func(ctx context.Context, p *platform, args []string, out io.Writer) error) func(context.Context, string, []string, io.Writer) error {
	return func(ctx context.Context, server string, args []string, out io.Writer) error {
		p, err := startPlatform(ctx, server)
		if err != nil {
			return err
		}
		return errors.Join(bench(ctx, p, args, out), p.stop())
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv("FUALAB_TEST_DATABASE_URL"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, server string, out io.Writer) error {
	if len(args) == 2 && args[0] == "floor" { // for benchFloor, as a process of its own
		return serveFloor(ctx, args[1], os.Stdin)
	}
	if len(args) == 0 || benchmarks[args[0]] == nil {
		_, err := io.WriteString(out, usage)
		return errors.Join(err, errors.New("which benchmark?"))
	}
	if server == "" {
		return errors.New("FUALAB_TEST_DATABASE_URL is not set: ops/ci/with-services.sh brings one")
	}
	return benchmarks[args[0]](ctx, server, args[1:], out)
}

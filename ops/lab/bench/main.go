// Command bench measures FUALab on a real Postgres and prints ratios, from which
// the speed of this machine cancels out.
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
  worker   the rate at which items are enriched and expired, the impact on the API's clients,
           the delay of a new item, the runner against River, an idle tick; fails if a figure
           misses its goal
  api      the released API against net/http, its database and PocketBase, its times under
           load, its start and its memory; fails if a figure misses its goal
  soak     ten minutes at half of the API's maximum rate; fails if memory, threads, open
           files, connections or goroutines grow
  import   a file of a million rows against psql's \copy of the same, the programs' memory, and
           the impact on the API's clients; fails if a figure misses its goal

It creates its own database on the Postgres server of FUALAB_TEST_DATABASE_URL
and drops it at the end. It uses the Redis of FUALAB_TEST_REDIS_URL.
ops/ci/with-services.sh starts both for a command. Run it in the repository's root.
`

// benchmarks start the programs that they measure.
var benchmarks = map[string]func(ctx context.Context, server string, args []string, out io.Writer) error{
	"api":    benchAPI,
	"soak":   benchSoak,
	"import": benchImport,
	"list":   onPlatform(benchList),
	"worker": onPlatform(benchWorker),
}

// onPlatform runs bench on a new platform without items.
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
	if len(args) == 2 && args[0] == "floor" { // a child process of benchFloor
		return serveFloor(ctx, args[1], os.Stdin)
	}
	if len(args) == 0 || benchmarks[args[0]] == nil {
		_, err := io.WriteString(out, usage)
		return errors.Join(err, errors.New("which benchmark?"))
	}
	if server == "" {
		return errors.New("FUALAB_TEST_DATABASE_URL is not set: run this by ops/ci/with-services.sh")
	}
	return benchmarks[args[0]](ctx, server, args[1:], out)
}

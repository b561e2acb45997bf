package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// apiFlags says what `bench api` measures, and with how much.
type apiFlags struct {
	parts       []part
	connections int
	rounds      int
	duration    time.Duration // of a round
	rows        int           // of the long list
	searched    int           // items that are searched
	limit       time.Duration // of all of it
	short       bool
	withRedis   bool
	file        string // for what is printed; "": none
}

func parseAPIFlags(args []string, out io.Writer) (f apiFlags, err error) {
	flags := flag.NewFlagSet("bench api", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&f.connections, "connections", 32, "requests under way at once")
	flags.IntVar(&f.rounds, "rounds", 3, "how often each is measured, in turns; medians are printed")
	flags.DurationVar(&f.duration, "duration", 5*time.Second, "how long each is measured, a round, after a quarter of that to warm up")
	flags.IntVar(&f.rows, "rows", 5_000_000, "items of the long list")
	flags.IntVar(&f.searched, "searched", 1_000_000, "items that are searched")
	flags.DurationVar(&f.limit, "limit", time.Hour, "give up after so long")
	flags.BoolVar(&f.short, "short", false, "see whether all of it works: small sizes, and ten times looser bounds")
	flags.BoolVar(&f.withRedis, "redis", false, "give the API on Postgres the Redis of FUALAB_TEST_REDIS_URL")
	flags.StringVar(&f.file, "o", "", "a `file` for what is printed, in Markdown")
	only := flags.String("only", strings.Join(partNames(), ","), "the `parts` to run")
	if err := flags.Parse(args); err != nil {
		return f, err
	}
	for name := range strings.SplitSeq(*only, ",") {
		i := slices.Index(partNames(), name)
		if i < 0 {
			return f, fmt.Errorf("there is no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
		f.parts = append(f.parts, parts[i])
	}
	if f.short {
		f.connections, f.rounds, f.duration = 4, 1, 400*time.Millisecond
		f.rows, f.searched = 20_000, 20_000
	}
	if min(f.connections, f.rounds) < 1 || f.duration < 100*time.Millisecond || min(f.rows, f.searched) < 10_000 {
		return f, errors.New("-connections and -rounds must be at least 1, -duration 100ms, -rows and -searched 10000")
	}
	return f, nil
}

func partNames() []string {
	var names []string
	for _, one := range parts {
		names = append(names, one.name)
	}
	return names
}

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

// apiFlags selects the parts of `bench api` and their sizes.
type apiFlags struct {
	parts       []part
	connections int
	rounds      int
	duration    time.Duration // of a round
	rows        int           // of the long list
	searched    int           // items in the search
	limit       time.Duration // of the whole run
	short       bool
	withRedis   bool
	file        string // for the output; "": none
}

func parseAPIFlags(args []string, out io.Writer) (f apiFlags, err error) {
	flags := flag.NewFlagSet("bench api", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&f.connections, "connections", 32, "requests in flight at once")
	flags.IntVar(&f.rounds, "rounds", 3, "rounds of each measurement, in turns; medians are printed")
	flags.DurationVar(&f.duration, "duration", 5*time.Second, "duration of a round, after a quarter of that to warm up")
	flags.IntVar(&f.rows, "rows", 5_000_000, "items of the long list")
	flags.IntVar(&f.searched, "searched", 1_000_000, "items in the search")
	flags.DurationVar(&f.limit, "limit", time.Hour, "time limit of the whole run")
	flags.BoolVar(&f.short, "short", false, "check that all parts work: small sizes, and ten times looser goals")
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

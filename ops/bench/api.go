package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// apiBench is what the parts of `bench api` share.
type apiBench struct {
	server      string // a Postgres
	dir         string // of binaries and databases, which goes in the end
	binary      string // the API's
	connections int
	rounds      int
	duration    time.Duration
	short       bool
	rows        int    // of the long list
	searched    int    // items that are searched
	redis       string // for the API; "": none
	out         io.Writer
	figures     figures
	costs       costs
}

// part is a part of `bench api`.
type part struct {
	name  string
	bench func(ctx context.Context, b *apiBench) error
}

var parts = []part{
	{"floor", benchFloor},
	{"database", benchDatabase},
	{"batch", benchBatch},
	{"peer", benchPeer},
	{"rates", benchRates},
	{"start", benchStart},
	{"search", benchSearch},
	{"pages", benchPages},
}

// benchAPI measures the API as it is released. It fails when a figure is not
// as it has to be, unless it was asked to be short.
func benchAPI(ctx context.Context, server string, args []string, out io.Writer) (err error) {
	b := &apiBench{server: server, out: out}
	chosen, limit, file, err := b.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if file != "" {
		f, err := os.Create(file) //nolint:gosec // the caller's own choice
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		b.out = io.MultiWriter(out, f)
	}
	if b.dir, err = os.MkdirTemp("", "fualab-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.binary, err = buildService(ctx, "api", b.dir); err != nil {
		return err
	}
	return b.bench(ctx, chosen)
}

func (b *apiBench) parse(args []string) (chosen []part, limit time.Duration, file string, err error) {
	names := make([]string, len(parts))
	for i, one := range parts {
		names[i] = one.name
	}
	flags := flag.NewFlagSet("bench api", flag.ContinueOnError)
	flags.SetOutput(b.out)
	flags.IntVar(&b.connections, "connections", 32, "requests under way at once")
	flags.IntVar(&b.rounds, "rounds", 3, "how often each is measured, in turns; medians are printed")
	flags.DurationVar(&b.duration, "duration", 5*time.Second, "how long each is measured, a round, after a quarter of that to warm up")
	flags.BoolVar(&b.short, "short", false, "see only whether all of it works: small sizes, and no figure fails")
	flags.DurationVar(&limit, "limit", time.Hour, "give up after so long")
	flags.StringVar(&file, "o", "", "a `file` for what is printed, in Markdown")
	flags.IntVar(&b.rows, "rows", 5_000_000, "items of the long list")
	flags.IntVar(&b.searched, "searched", 1_000_000, "items that are searched")
	only := flags.String("only", strings.Join(names, ","), "the parts to run")
	redis := flags.Bool("redis", false, "give the API on Postgres the Redis of FUALAB_TEST_REDIS_URL")
	if err := flags.Parse(args); err != nil {
		return nil, 0, "", err
	}
	for name := range strings.SplitSeq(*only, ",") {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, 0, "", fmt.Errorf("there is no part %q; there are %s", name, strings.Join(names, ", "))
		}
		chosen = append(chosen, parts[i])
	}
	if b.short {
		b.connections, b.rounds, b.duration = 4, 1, 400*time.Millisecond
		b.rows, b.searched = 20_000, 20_000
	}
	if min(b.connections, b.rounds) < 1 || b.duration < 100*time.Millisecond || min(b.rows, b.searched) < 10_000 {
		return nil, 0, "", errors.New("-connections and -rounds must be at least 1, -duration 100ms, -rows and -searched 10000")
	}
	if *redis {
		if b.redis = os.Getenv("FUALAB_TEST_REDIS_URL"); b.redis == "" {
			return nil, 0, "", errors.New("-redis needs FUALAB_TEST_REDIS_URL: ops/ci/with-services.sh brings one")
		}
	}
	return chosen, limit, file, nil
}

func (b *apiBench) bench(ctx context.Context, chosen []part) error {
	if err := b.circumstances(ctx); err != nil {
		return err
	}
	for _, one := range chosen {
		begin := time.Now()
		_, _ = fmt.Fprintf(b.out, "## %s\n\n", one.name)
		if err := one.bench(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		_, _ = fmt.Fprintf(b.out, "(%s, load average %s)\n\n", time.Since(begin).Round(time.Second), loadAverage())
	}
	_, _ = fmt.Fprint(b.out, "## Cost\n\n")
	b.costs.table(b.out)
	_, _ = fmt.Fprint(b.out, "## Result\n\n")
	if err := b.figures.table(b.out); err != nil && !b.short {
		return err
	}
	return nil
}

// circumstances prints what the figures depend on.
func (b *apiBench) circumstances(ctx context.Context) error {
	p, err := newPlatform(ctx, b.server)
	if err != nil {
		return err
	}
	var postgres string
	if err = p.open(ctx); err == nil {
		err = p.db.NewRaw(`SELECT format('%s, fsync %s, synchronous_commit %s, shared_buffers %s', split_part(version(), ' on ', 1),
			current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers'))`).Scan(ctx, &postgres)
	}
	redis := "no Redis"
	if b.redis != "" {
		redis = "with Redis"
	}
	_, _ = fmt.Fprintf(b.out, "# bench api, %s\n\n%d processors, %s, load average %s. %s. The API %s.\n"+
		"%d connections kept alive, closed loop, %d rounds of %s in turns. Client, API and database share the processors.\n\n",
		time.Now().UTC().Format(time.RFC3339), runtime.NumCPU(), runtime.Version(), loadAverage(), postgres, redis, b.connections, b.rounds, b.duration)
	return errors.Join(err, p.stop())
}

// loadAverage is that of the last minute, and of five and fifteen.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}

// withAPI has f work with an API on an empty database on Postgres, with both
// of which it is over afterwards.
func (b *apiBench) withAPI(ctx context.Context, f func(p *platform, api *process) error) (err error) {
	p, err := newPlatform(ctx, b.server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	api, err := b.startAPI(ctx, p.database.Reveal(), b.redis)
	if err != nil {
		return err
	}
	p.url = api.url
	p.atStop(api.stop)
	if err := p.open(ctx); err != nil {
		return err
	}
	return f(p, api)
}

// startAPI starts the API with the settings that it has by itself.
func (b *apiBench) startAPI(ctx context.Context, database, redis string) (*process, error) {
	return startProcess(ctx, "/ready", func(addr string) *exec.Cmd {
		return b.service(b.binary, "FUALAB_API_ADDR="+addr, "FUALAB_DATABASE_URL="+database, "FUALAB_REDIS_URL="+redis)
	})
}

func (b *apiBench) service(binary string, environ ...string) *exec.Cmd {
	cmd := exec.Command(binary) //nolint:noctx // process.stop ends it
	cmd.Env, cmd.Dir = environ, filepath.Dir(binary)
	return cmd
}

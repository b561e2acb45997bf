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
	"strings"
	"time"
)

// apiBench is the state that the parts of `bench api` share.
type apiBench struct {
	apiFlags
	server  string // a Postgres
	redis   string // for the API on Postgres; "": none
	dir     string // of binaries and databases, deleted at the end
	binary  string // of the API
	out     io.Writer
	figures figures
	costs   costs
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
	{"telemetry", benchTelemetry},
	{"start", benchStart},
	{"search", benchSearch},
	{"pages", benchPages},
}

// benchAPI measures the released API. It fails when a figure misses its goal,
// with looser goals for a short run.
func benchAPI(ctx context.Context, server string, args []string, out io.Writer) (err error) {
	b := &apiBench{server: server, out: out}
	if b.apiFlags, err = parseAPIFlags(args, out); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if b.withRedis {
		if b.redis = os.Getenv("FUALAB_TEST_REDIS_URL"); b.redis == "" {
			return errors.New("-redis needs FUALAB_TEST_REDIS_URL: ops/ci/with-services.sh brings one")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	if b.file != "" {
		file, failed := os.Create(b.file)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		b.out = io.MultiWriter(out, file)
	}
	if b.dir, err = os.MkdirTemp("", "fualab-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.binary, err = buildService(ctx, "api", b.dir); err != nil {
		return err
	}
	return b.bench(ctx)
}

// shortSlack is the factor by which the goals of a short run are looser.
const shortSlack = 10

// bench runs the parts, and compares their figures with the goals.
func (b *apiBench) bench(ctx context.Context) error {
	if err := b.circumstances(ctx); err != nil {
		return err
	}
	for _, one := range b.parts {
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
	if b.short {
		b.figures.loosen(shortSlack)
	}
	return b.figures.table(b.out)
}

// circumstances prints the facts on which the figures depend.
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
	redis := "has no Redis"
	if b.redis != "" {
		redis = "has a Redis"
	}
	_, _ = fmt.Fprintf(b.out, "# bench api, %s\n\n%d processors, %s, load average %s. %s. The API %s.\n"+
		"%d connections kept alive, closed loop, %d rounds of %s in turns. Client, API and database share the processors.\n\n",
		time.Now().UTC().Format(time.RFC3339), runtime.NumCPU(), runtime.Version(), loadAverage(), postgres, redis, b.connections, b.rounds, b.duration)
	return errors.Join(err, p.stop())
}

// loadAverage returns that of the last minute, of five and of fifteen.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}

// withAPI calls f with an API on an empty Postgres database, and removes both
// afterwards.
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

// startAPI starts the API with its own default settings.
func (b *apiBench) startAPI(ctx context.Context, database, redis string) (*process, error) {
	return startProcess(ctx, "/ready", func(addr string) *exec.Cmd {
		return b.service(b.binary, "FUALAB_API_ADDR="+addr, "FUALAB_DATABASE_URL="+database, "FUALAB_REDIS_URL="+redis)
	})
}

func (b *apiBench) service(binary string, environ ...string) *exec.Cmd {
	cmd := exec.Command(binary)                                                     //nolint:noctx // process.stop ends it
	cmd.Env, cmd.Dir = append(environ, "FUALAB_RATE_LIMIT=0"), filepath.Dir(binary) // all requests come from one address
	return cmd
}

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
	"strings"
	"time"
)

// soakFlags has the duration of a soak.
type soakFlags struct {
	duration, every time.Duration
	connections     int
}

// leastSoak is long enough to compare the second minute with the last one.
const leastSoak = 3 * time.Minute

func parseSoakFlags(args []string, out io.Writer) (f soakFlags, err error) {
	flags := flag.NewFlagSet("bench soak", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.DurationVar(&f.duration, "duration", 10*time.Minute, "duration of the load")
	flags.DurationVar(&f.every, "every", 3*time.Second, "interval between two samples of the API's process")
	flags.IntVar(&f.connections, "connections", 32, "requests in flight at once")
	if err := flags.Parse(args); err != nil {
		return f, err
	}
	if f.duration < leastSoak || f.every < 100*time.Millisecond || f.every > 10*time.Second || f.connections < 1 {
		return f, fmt.Errorf("-duration must be at least %s, -every from 100ms to 10s, -connections at least 1", leastSoak)
	}
	return f, nil
}

// benchSoak loads an API on Postgres and Redis at half of its maximum rate, and
// fails if its resources grow.
func benchSoak(ctx context.Context, server string, args []string, out io.Writer) (err error) {
	f, err := parseSoakFlags(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	b := &apiBench{server: server, redis: os.Getenv("FUALAB_TEST_REDIS_URL"), out: out}
	if b.redis == "" {
		return errors.New("FUALAB_TEST_REDIS_URL is not set: ops/ci/with-services.sh go tool task lab:soak")
	}
	b.connections, b.rounds, b.duration = f.connections, 3, 5*time.Second
	ctx, cancel := context.WithTimeout(ctx, f.duration+buildTimeout+5*time.Minute)
	defer cancel()
	if b.dir, err = os.MkdirTemp("", "fualab-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.binary, err = buildService(ctx, "api", b.dir); err != nil {
		return err
	}
	if err := b.circumstances(ctx); err != nil {
		return err
	}
	return b.soak(ctx, f)
}

// soak finds the API's maximum rate, and then samples the API while it serves
// half of that.
func (b *apiBench) soak(ctx context.Context, f soakFlags) error {
	p, err := newPlatform(ctx, b.server)
	if err != nil {
		return err
	}
	return errors.Join(func() error {
		api, admin, err := b.startObserved(ctx, p)
		if err != nil {
			return err
		}
		load := b.api("soak", api, mixed(itemsThere))
		load.prepare = p.refill
		most := make([]float64, b.rounds)
		for i := range most {
			if most[i], err = b.round(ctx, load); err != nil {
				return err
			}
		}
		if err := p.refill(ctx); err != nil {
			return err
		}
		rate := median(most) / 2
		watching, stop := context.WithCancel(ctx)
		samples := make(chan []sample, 1)
		go func() { samples <- watch(watching, api, admin, f.every) }()
		done, err := traffic{api.url, mixed(itemsThere)}.drive(ctx, b.connections, 0, f.duration, rate)
		stop()
		seen := <-samples
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(b.out, "%d requests in %s, %.0f a second of at most %.0f (%s); p50 %.2f ms, p99 %.2f ms; load average %s.\n\n",
			done.requests, done.took.Round(time.Second), done.rate(), median(most), list(most),
			milliseconds(done.percentile(50)), milliseconds(done.percentile(99)), loadAverage())
		return judgeSoak(seen, f.duration, b.out)
	}(), p.stop())
}

// startObserved starts the API on p with an admin listener, and returns the
// listener's URL.
func (b *apiBench) startObserved(ctx context.Context, p *platform) (api *process, admin string, err error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, "", err
	}
	admin = "http://" + addr
	api, err = startProcess(ctx, "/ready", func(own string) *exec.Cmd {
		return b.service(b.binary, "FUALAB_API_ADMIN_ADDR="+addr, "FUALAB_API_ADDR="+own,
			"FUALAB_DATABASE_URL="+p.database.Reveal(), "FUALAB_REDIS_URL="+b.redis)
	})
	if err != nil {
		return nil, "", err
	}
	p.url = api.url
	p.atStop(api.stop)
	return api, admin, p.open(ctx)
}

// files counts the open files of the process, and the sockets among them.
func (p *process) files() (all, sockets int, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, 0, err
	}
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(dir, entry.Name()))
		if err != nil {
			continue // closed in the meantime
		}
		all++
		if strings.HasPrefix(target, "socket:") {
			sockets++
		}
	}
	return all, sockets, nil
}

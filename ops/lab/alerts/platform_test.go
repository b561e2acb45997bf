//go:build linux

package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/model/value"
)

// patience is the time limit for a condition, on a machine that is busy with
// other work.
const patience = 2 * time.Minute

// connections is the limit of a service's connections to its database.
const connections = 4

// world is a platform of real processes, on a Postgres of the test's caller and
// its own Redis. Its metrics are scraped all the time.
type world struct {
	t        *testing.T
	dir      string // of the test's own files, and the programs
	database string // URL
	redis    string // address
	api      *process
	worker   *process
	server   *process // Redis
	samples  *memory
}

// in is the world for a subtest of w's test.
func (w world) in(t *testing.T) *world {
	w.t = t
	return &w
}

// process is a program with an address for clients and one for operators.
type process struct {
	world       *testing.T // the test at whose end it ends
	addr, admin string
	args        []string
	env         []string

	mu  sync.Mutex
	cmd *exec.Cmd
}

func (p *process) start(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), p.args[0], p.args[1:]...)
	log := new(bytes.Buffer)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	p.world.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if p.world.Failed() {
			text := log.String()
			p.world.Logf("%s:\n%s", filepath.Base(p.args[0]), text[max(0, len(text)-4000):])
		}
	})
}

func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Signal(s)
}

// kill ends the process as the kernel does when memory runs out.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// newWorld starts a platform, in which one run works at a time and a worker is
// stale within seconds.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), database: os.Getenv("FUALAB_TEST_DATABASE_URL"), samples: newMemory()}
	if _, err := exec.LookPath("redis-server"); w.database == "" || err != nil {
		if os.Getenv("FUALAB_TEST_REQUIRE") == "1" {
			t.Fatal("this test needs a Postgres and redis-server: `go tool task lab:alerts:faults` starts the first")
		}
		t.Skip("this test needs a Postgres and redis-server: `go tool task lab:alerts:faults` starts the first")
	}
	server := w.in(t)
	server.sql("CREATE DATABASE alerts_faults")
	t.Cleanup(func() { server.sql("DROP DATABASE alerts_faults WITH (FORCE)") })
	u, err := url.Parse(w.database)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/alerts_faults"
	w.database = u.String()

	w.build()
	w.redis = freeAddr(t)
	_, port, _ := net.SplitHostPort(w.redis)
	w.server = &process{world: t, args: []string{"redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", w.dir}}
	w.server.start(t)

	common := []string{
		"FUALAB_DATABASE_URL=" + w.database, "FUALAB_REDIS_URL=redis://" + w.redis + "/0",
		fmt.Sprintf("FUALAB_DATABASE_MAX_CONNS=%d", connections), "FUALAB_HEARTBEAT_TTL_SECONDS=5",
	}
	w.api = w.program("fualab-api", "API", common)
	w.worker = w.program("fualab-worker", "WORKER", append(common, "FUALAB_HEARTBEAT_INTERVAL_SECONDS=1", "FUALAB_WORKER_CONCURRENCY=1"))
	w.api.start(t)
	w.until("the API is ready", func() bool { return w.ask(http.MethodGet, "/ready", "", nil) == http.StatusOK })
	w.worker.start(t)
	w.scrape(w.api)
	w.scrape(w.worker)
	return w
}

// build builds the services' programs.
func (w *world) build() {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "go", "build", "-buildvcs=false", "-o", w.dir+"/", "./api/cmd/fualab-api", "./worker/cmd/fualab-worker")
	cmd.Dir, cmd.Env = "../../..", append(os.Environ(), "GOWORK=") // this module is outside of it, they are not
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("build: %v\n%s", err, out)
	}
}

// program is a program that has not been started yet.
func (w *world) program(name, as string, env []string) *process {
	p := &process{world: w.t, addr: freeAddr(w.t), admin: freeAddr(w.t), args: []string{filepath.Join(w.dir, name)}}
	p.env = append([]string{"FUALAB_" + as + "_ADDR=" + p.addr, "FUALAB_" + as + "_ADMIN_ADDR=" + p.admin}, env...)
	return p
}

// scrape collects the metrics of p, twice a second, until the test ends.
func (w *world) scrape(p *process) {
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		var shown map[string]labels.Labels
		for ctx.Err() == nil {
			text, err := get(ctx, "http://"+p.admin+"/metrics")
			if err != nil {
				text = nil
			}
			shown = w.keep(p.addr, text, shown)
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
		w.keep(p.addr, nil, shown)
	})
	w.t.Cleanup(func() { stop(); ended.Wait() })
}

// keep adds the scraped metrics of an instance, and returns its series. Series
// of before that are missing are marked as stale, as Prometheus does.
func (w *world) keep(instance string, text []byte, before map[string]labels.Labels) (shown map[string]labels.Labels) {
	now := time.Now()
	shown = make(map[string]labels.Labels)
	for parsed := textparse.NewPromParser(text, labels.NewSymbolTable(), false); ; {
		entry, err := parsed.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.t.Errorf("%s shows metrics that Prometheus cannot parse: %v", instance, err)
			break
		}
		if entry != textparse.EntrySeries {
			continue
		}
		var l labels.Labels
		_, _, v := parsed.Series()
		parsed.Labels(&l)
		l = labels.NewBuilder(l).Set("instance", instance).Labels()
		w.samples.add(l, now, v)
		shown[l.String()] = l
	}
	for name, l := range before {
		if _, there := shown[name]; !there {
			w.samples.add(l, now, math.Float64frombits(value.StaleNaN))
		}
	}
	return shown
}

// ask sends the API a request, decodes the response into answer, which may be
// nil, and returns the status, or 0 without a response.
func (w *world) ask(method, path, body string, answer any) int {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+w.api.addr+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	switch {
	case body == "":
	case method == http.MethodPatch:
		r.Header.Set("Content-Type", "application/merge-patch+json")
	default:
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Cache-Control", "no-cache")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && answer != nil {
		err = json.Unmarshal(text, answer)
	}
	if err != nil {
		return 0
	}
	return response.StatusCode
}

// must sends a request that has to succeed.
func (w *world) must(method, path, body string) {
	w.t.Helper()
	w.until(method+" "+path, func() bool { status := w.ask(method, path, body, nil); return status >= 200 && status < 300 })
}

// sql executes a statement by psql.
func (w *world) sql(statement string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), patience)
	defer cancel()
	if out, err := psql(ctx, w.database, statement).CombinedOutput(); err != nil {
		w.t.Errorf("psql: %s: %v\n%s", statement, err, out)
	}
}

// lock locks a table exclusively for a while and again at once, until it is
// released.
func (w *world) lock(table string, while time.Duration) (release func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var ended sync.WaitGroup
	ended.Go(func() {
		for ctx.Err() == nil {
			out, err := psql(ctx, w.database, fmt.Sprintf("BEGIN; LOCK TABLE %s IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(%f)", table, while.Seconds())).CombinedOutput()
			if err != nil && ctx.Err() == nil {
				w.t.Errorf("lock %s: %v\n%s", table, err, out)
				return
			}
		}
	})
	return func() { cancel(); ended.Wait() }
}

func psql(ctx context.Context, database, statement string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "psql", database, "-qX", "-v", "ON_ERROR_STOP=1", "-c", statement)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // psql then cancels the statement, too
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// cli executes a command by redis-cli.
func (w *world) cli(args ...string) {
	w.t.Helper()
	host, port, _ := net.SplitHostPort(w.redis)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "redis-cli", append([]string{"-h", host, "-p", port}, args...)...).CombinedOutput(); err != nil {
		w.t.Errorf("redis-cli %v: %v\n%s", args, err, out)
	}
}

// until waits until done returns true.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func get(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// freeAddr is an address of the loopback interface without a listener.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

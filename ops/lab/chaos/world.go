//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"

	"github.com/fualab/fualab/api/contract"
)

// lab has the servers and programs that all scenarios use, one after another.
type lab struct {
	dir           string // temporary
	bin           string // of the tested programs
	contract      *contract.Contract
	pg            *postgres
	redis         *redisServer
	viaPG, viaRed *proxy
	brief         bool
}

// world is the platform of one scenario, with working clients.
type world struct {
	*lab
	clients  *clients
	ledger   *ledger
	built    string // directory of the scenario's own builds; empty: none
	name     string // of the database
	database string // its URL, through the proxy
	redisURL string
	env      []string // of every process
	apis     []*service
	workers  []*service
	turn     atomic.Uint64

	before, peak int64 // memory of the API processes together, in bytes
	left         int   // goroutines of an API at the end
	notes        []string
	atEnd        []func() // undo the scenario's changes of the machine
}

// service is an API or a worker, which keeps its address when it is restarted.
type service struct {
	name, url string
	env       []string
	dir, bin  string
	process   *process
	ready     atomic.Bool
}

func (w *world) add(ctx context.Context, name string, env ...string) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	s := &service{name: name, url: "http://127.0.0.1:" + port, dir: w.dir, bin: filepath.Join(w.bin, "fualab-"+name)}
	s.env = append(s.env, "FUALAB_DATABASE_URL="+w.database, "FUALAB_REDIS_URL="+w.redisURL, "FUALAB_LOG_LEVEL=warn",
		"FUALAB_API_ADDR=127.0.0.1:"+port, "FUALAB_WORKER_ADDR=127.0.0.1:"+port, "FUALAB_RATE_LIMIT=0")
	s.env = append(append(s.env, w.env...), env...)
	if err := s.start(); err != nil {
		return err
	}
	if name == "api" {
		w.apis = append(w.apis, s)
	} else {
		w.workers = append(w.workers, s)
	}
	return s.await(ctx, 30*time.Second)
}

func (s *service) start() (err error) {
	s.process, err = start(s.dir, s.env, s.bin)
	return err
}

// replace ends the service as a deployment does, and starts the present bin.
func (s *service) replace(ctx context.Context) error {
	s.process.end(syscall.SIGTERM)
	if !s.process.cmd.ProcessState.Success() {
		return fmt.Errorf("%s stopped with %s: %s", s.name, s.process.cmd.ProcessState, s.process.out.last(500))
	}
	if err := s.start(); err != nil {
		return err
	}
	return s.await(ctx, 30*time.Second)
}

// await waits until the service is ready.
func (s *service) await(ctx context.Context, limit time.Duration) error {
	err := until(ctx, limit, s.name+" to be ready", func() bool { return s.process.ended() || s.check(ctx) })
	if err != nil || s.process.ended() {
		return errors.Join(err, fmt.Errorf("%s: %s", s.name, s.process.out.last(1000)))
	}
	return nil
}

// check asks the service whether it is ready, and stores the result.
func (s *service) check(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/ready", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	s.ready.Store(err == nil && resp.StatusCode == http.StatusOK)
	return s.ready.Load()
}

// next returns the APIs in turn, ready ones first.
func (w *world) next() string {
	n := w.turn.Add(1)
	for i := range w.apis {
		if s := w.apis[(int(n)+i)%len(w.apis)]; s.ready.Load() { //nolint:gosec // the number is not a secret
			return s.url
		}
	}
	return w.apis[0].url
}

// watch checks every API's readiness, as a load balancer does, and measures
// their memory, until ctx ends.
func (w *world) watch(ctx context.Context) {
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		if len(w.apis) > 1 {
			for _, s := range w.apis {
				s.check(ctx)
			}
		}
		var sum int64
		for _, s := range w.apis {
			sum += s.process.memory()
		}
		w.peak = max(w.peak, sum)
	}
}

// stop ends the platform. After the clients' connections are closed, one API
// prints its goroutines, which ends it.
func (w *world) stop() {
	for i, s := range append(w.workers, w.apis...) {
		if i == len(w.workers) {
			w.left = s.process.goroutines()
		}
		s.process.end(syscall.SIGTERM)
	}
	for _, undo := range slices.Backward(w.atEnd) {
		undo()
	}
}

// newLab starts the servers and proxies.
func newLab(ctx context.Context, root string, brief bool) (*lab, error) {
	document, err := os.ReadFile(filepath.Join(root, "api", "openapi.json")) //nolint:gosec // the directory in which this program was started
	if err != nil {
		return nil, fmt.Errorf("run this in the repository's root: %w", err)
	}
	l := &lab{brief: brief}
	if l.contract, err = contract.Load(document); err != nil {
		return nil, err
	}
	if l.dir, err = os.MkdirTemp("", "fualab-chaos-*"); err != nil {
		return nil, err
	}
	return l, errors.Join(l.build(root), l.serve(ctx))
}

// build builds the tested programs with the flags of a release.
func (l *lab) build(root string) error {
	l.bin = filepath.Join(l.dir, "bin")
	for _, module := range []string{"api", "worker"} {
		if err := build(filepath.Join(root, module), l.bin); err != nil {
			return err
		}
	}
	return nil
}

// build builds the programs of the module in a directory into another one. Paths
// are trimmed, so a copy of a module compiles only its changes.
func build(module, into string, flags ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-trimpath", "-o", into + "/"}, append(flags, "./cmd/...")...)
	p, err := start(module, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off"), "go", args...)
	if err != nil {
		return err
	}
	<-p.done
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("build the programs of %s: %s", module, p.out.last(2000))
	}
	return nil
}

func (l *lab) serve(ctx context.Context) (err error) {
	if l.pg, err = newPostgres(ctx, l.dir); err != nil {
		return err
	}
	if l.redis, err = newRedis(ctx, l.dir); err != nil {
		return err
	}
	if l.viaPG, err = newProxy(ctx, "postgres", l.pg.port); err != nil {
		return err
	}
	l.viaRed, err = newProxy(ctx, "redis", l.redis.port)
	return err
}

// mend removes the remains of a fault after a scenario failed half-way.
func (l *lab) mend(ctx context.Context) error {
	for _, p := range []*proxy{l.viaPG, l.viaRed} {
		p.heal(ctx)
		if err := p.restore(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
			return err
		}
	}
	l.pg.env = nil
	if l.pg.process.ended() {
		if err := l.pg.start(ctx); err != nil {
			return err
		}
	}
	if l.redis.process.ended() {
		return l.redis.start(ctx)
	}
	return nil
}

// close ends the servers and deletes their files.
func (l *lab) close() {
	for _, p := range []*proxy{l.viaPG, l.viaRed} {
		if p != nil {
			p.cut()
		}
	}
	if l.redis != nil && l.redis.process != nil {
		l.redis.process.end(syscall.SIGKILL)
	}
	if l.pg != nil && l.pg.process != nil {
		l.pg.process.end(syscall.SIGQUIT)
	}
	_ = os.RemoveAll(l.dir)
}

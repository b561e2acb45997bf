package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// service is a program in its own control group.
type service struct {
	name  string // api or worker
	cmd   *exec.Cmd
	url   string
	group string
	ended chan error
}

// start builds a program, starts it on the database under its memory limits and waits until it responds.
func start(ctx context.Context, dir, name, database string, bounds limits) (*service, error) {
	binary := filepath.Join(dir, "fualab-"+name)
	if out, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, "./"+name+"/cmd/fualab-"+name).CombinedOutput(); err != nil { //nolint:gosec // its own directory
		return nil, fmt.Errorf("build the %s: %w\n%s", name, err, out)
	}
	group, err := limitMemory(name, bounds.bytes)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &service{name: name, url: "http://" + address, group: group, ended: make(chan error, 1)}
	s.cmd = exec.CommandContext(ctx, "sh", "-c", `echo $$ >"$1/cgroup.procs" && exec "$2"`, "sh", group, binary) //nolint:gosec // the program just built
	s.cmd.Env = append(os.Environ(), "GOMEMLIMIT="+bounds.soft, "FUALAB_DATABASE_URL="+database, "FUALAB_API_ADDR="+address, "FUALAB_WORKER_ADDR="+address,
		"FUALAB_TRUSTED_PROXIES=127.0.0.1/32", "FUALAB_RATE_LIMIT=0", "FUALAB_LOG_LEVEL=error")
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.Remove(group))
	}
	go func() { s.ended <- s.cmd.Wait() }()
	return s, s.awaitHealth(ctx)
}

func (s *service) awaitHealth(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if status, _, err := s.send(ctx, request{method: http.MethodGet, path: "/health"}, "10.0.1.1"); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case err := <-s.ended:
			return fmt.Errorf("the %s ended before it responded: %w", s.name, err)
		case <-ctx.Done():
			return fmt.Errorf("the %s did not respond within %s", s.name, startLimit)
		case <-ticker.C:
		}
	}
}

func (s *service) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.ended: //nolint:errcheck // the service was asked to stop
	case <-time.After(startLimit):
		_ = s.cmd.Process.Kill()
	}
	_ = os.Remove(s.group)
}

// send sends a request on a new connection, and returns the status and at most 64 MiB of the body.
func (s *service) send(ctx context.Context, what request, from string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, what.method, s.url+what.path, bytes.NewReader(what.body))
	if err != nil {
		return 0, nil, err
	}
	r.Close = true
	r.Header.Set("X-Forwarded-For", from)
	if what.kind != "" {
		r.Header.Set("Content-Type", what.kind)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(got.Body, 64<<20))
	return got.StatusCode, text, errors.Join(err, got.Body.Close())
}

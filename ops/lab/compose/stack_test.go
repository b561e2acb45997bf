//go:build integration

package compose

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/redis"
)

// stack is the platform of docker-compose.yml under its own project name and
// ports.
type stack struct {
	t       *testing.T
	project string
	env     []string
	api     string // http://127.0.0.1:…
	site    string
	redis   config.RedisURL
}

// newStack prepares a stack that does not run yet; the test removes it at the end.
func newStack(t *testing.T) *stack {
	t.Helper()
	needDocker(t)
	s := &stack{t: t, project: fmt.Sprintf("fualab-test-%d", os.Getpid())}
	port := func(variable string) string {
		free := freePort(t)
		s.env = append(s.env, variable+"="+free)
		return free
	}
	s.api = "http://127.0.0.1:" + port("FUALAB_API_PORT")
	s.site = "http://127.0.0.1:" + port("FUALAB_FRONTEND_PORT")
	s.redis = config.RedisURL("redis://127.0.0.1:" + port("FUALAB_REDIS_PORT"))
	port("FUALAB_DATABASE_PORT")
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := s.try(time.Minute, "logs", "--no-color", "--tail", "40")
			t.Log(logs)
		}
		if out, err := s.try(2*time.Minute, "down", "--volumes", "--remove-orphans", "--timeout", "5"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	return s
}

// freePort returns a port of the loopback interface below those that the kernel
// assigns to clients, because it must be free again when a killed container comes
// back.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		ln, err := httpserver.Listen(t.Context(), "127.0.0.1:"+port, "")
		if err == nil {
			_ = ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// try runs a command of Docker Compose, by the script of the tasks.
func (s *stack) try(limit time.Duration, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), limit)
	defer cancel()
	script, err := filepath.Abs(root + "ops/compose.sh")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, script, args...)
	cmd.Env = append(os.Environ(), append(s.env, "COMPOSE_PROJECT_NAME="+s.project)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("docker compose %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

func (s *stack) run(args ...string) string {
	s.t.Helper()
	out, err := s.try(5*time.Minute, args...)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// up starts all stopped services, and waits until all are healthy.
func (s *stack) up(args ...string) {
	s.t.Helper()
	begin := time.Now()
	s.run(append([]string{"up", "--detach", "--wait", "--wait-timeout", "180"}, args...)...)
	s.t.Logf("up %s: healthy after %s", strings.Join(args, " "), time.Since(begin).Round(100*time.Millisecond))
}

// containers returns the ids of a service's containers, or of all.
func (s *stack) containers(service ...string) []string {
	s.t.Helper()
	return strings.Fields(s.run(append([]string{"ps", "--all", "--quiet"}, service...)...))
}

// kill ends a container's program as the kernel does when memory runs out.
// Docker treats `docker kill` as an operator's stop.
func (s *stack) kill(container string) {
	s.t.Helper()
	state := inspect[struct {
		Name  string
		State struct{ Pid int }
	}](s.t, container)
	err := syscall.Kill(state.State.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.EPERM) { // not root, as on a developer's machine
		err = exec.CommandContext(s.t.Context(), "sudo", "-n", "kill", "-9", strconv.Itoa(state.State.Pid)).Run()
	}
	if err != nil {
		s.t.Fatalf("kill %s, process %d: %v", state.Name, state.State.Pid, err)
	}
}

// condition is the state of a container.
type condition struct {
	RestartCount int
	State        struct {
		Running bool
		Health  *struct{ Status string }
	}
}

// healedSince reports whether a container has been restarted since before, and
// its check passes.
func (s *stack) healedSince(before condition, container string) bool {
	s.t.Helper()
	now := inspect[condition](s.t, container)
	return now.RestartCount > before.RestartCount && now.State.Running && now.State.Health != nil && now.State.Health.Status == "healthy"
}

// TestStack runs a stack's whole life: up, at work, two APIs and three workers,
// every container killed under load, all killed at once, an older schema, and
// down without remains.
func TestStack(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up("--build")

	item := s.enriched(s.api)
	s.enriched(s.site)
	rdb, err := redis.Open(s.redis, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	if beat, err := rdb.Do(t.Context(), "GET", "fualab:worker:heartbeat"); err != nil {
		t.Errorf("the worker's heartbeat in Redis: %v, %v", beat, err)
	}
	if page := call(t, http.MethodGet, s.site+"/items/1", "", http.StatusOK); !strings.Contains(page, "<title>") {
		t.Errorf("the web client: %.200s", page)
	}

	s.up()
	scale := []string{"--scale", "api=2", "--scale", "worker=3"}
	s.up(scale...)
	if api, workers := len(s.containers("api")), len(s.containers("worker")); api != 2 || workers != 3 {
		t.Errorf("%d APIs and %d workers, want 2 and 3", api, workers)
	}
	var fleet []struct{ Instance string }
	within(t, time.Minute, "three workers in the fleet", func() bool {
		decode(t, call(t, http.MethodGet, s.api+"/api/workers", "", http.StatusOK), &fleet)
		return len(fleet) == 3
	})

	s.killEach()
	for _, c := range strings.Fields(s.run("ps", "--quiet")) { // migrate has ended
		s.kill(c)
	}
	s.up(scale...)
	call(t, http.MethodGet, fmt.Sprintf("%s/api/items/%d", s.api, item), "", http.StatusOK)

	s.olderSchema(item)

	s.run("down", "--timeout", "20")
	if left := s.left("container", "network"); left != "" {
		t.Errorf("down leaves %s", left)
	}
	s.run("down", "--volumes")
	if left := s.left("container", "network", "volume"); left != "" {
		t.Errorf("down with the volumes leaves %s", left)
	}
}

// enriched creates an item and waits until the worker has enriched it.
func (s *stack) enriched(url string) int64 {
	s.t.Helper()
	var item struct {
		ID       int64
		Enriched bool
	}
	decode(s.t, call(s.t, http.MethodPost, url+"/api/items", `{"name":"Sample"}`, http.StatusCreated), &item)
	within(s.t, time.Minute, "the item to be enriched", func() bool {
		decode(s.t, call(s.t, http.MethodGet, fmt.Sprintf("%s/api/items/%d", url, item.ID), "", http.StatusOK), &item)
		return item.Enriched
	})
	return item.ID
}

// olderSchema starts the stack on a volume of the previous release's schema.
func (s *stack) olderSchema(item int64) {
	s.t.Helper()
	s.run("stop", "--timeout", "20", "frontend", "api", "worker")
	if out := s.run("run", "--rm", "migrate", "down"); !strings.Contains(out, "reverted") {
		s.t.Errorf("migrate down: %s", out)
	}
	if out := s.run("run", "--rm", "migrate", "status"); !strings.Contains(out, "pending") {
		s.t.Errorf("migrate status: %s", out)
	}
	s.up()
	call(s.t, http.MethodGet, fmt.Sprintf("%s/api/items/%d", s.api, item), "", http.StatusOK)
	if out := s.run("run", "--rm", "migrate", "status"); strings.Contains(out, "pending") {
		s.t.Errorf("after the start: %s", out)
	}
}

// left lists the project's remaining objects in the engine.
func (s *stack) left(kinds ...string) string {
	s.t.Helper()
	var all []string
	for _, kind := range kinds {
		args := []string{kind, "ls", "--quiet", "--filter", "label=com.docker.compose.project=" + s.project}
		if kind == "container" {
			args = append(args, "--all")
		}
		all = append(all, strings.Fields(docker(s.t, args...))...)
	}
	return strings.Join(all, " ")
}

package caddy_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/testdb"
)

const (
	caddyfile = "../../../frontend/Caddyfile"
	module    = "../../tools/caddy"
	pkg       = "github.com/caddyserver/caddy/v2/cmd/caddy"
)

// build returns a Caddy, or skips the test, because compiling it takes minutes.
func build(t *testing.T) string {
	t.Helper()
	if !testdb.Required() && os.Getenv("FUALAB_E2E_CADDY") == "" {
		t.Skip("no Caddy: set FUALAB_E2E_CADDY to one; FUALAB_TEST_REQUIRE=1 compiles it, which takes minutes the first time")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// binary is the Caddy of FUALAB_E2E_CADDY, or one of the version in
// ops/tools/caddy. It stays in bin, because Go caches compiled packages but not
// linked programs.
var binary = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("FUALAB_E2E_CADDY"); given != "" {
		return given, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	path, err := filepath.Abs("../../../bin/caddy")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", path, pkg)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
})

// environ is this process's environment without a developer's own settings, and
// with an empty home.
func environ(t *testing.T) []string {
	t.Helper()
	inherited := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, config.Prefix) })
	home := t.TempDir()
	return append(inherited, "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
}

// start runs Caddy in front of the API at upstream, as the container would, and
// returns the URL of its site.
func start(t *testing.T, upstream string) string {
	t.Helper()
	path := build(t)
	api, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs(caddyfile)
	if err != nil {
		t.Fatal(err)
	}
	addr := free(t)
	cmd := exec.Command(path, "run", "--config", file) //nolint:noctx // the cleanup ends it in order, within a bound
	cmd.Dir = files(t)
	cmd.Env = append(environ(t), "FUALAB_FRONTEND_ADDR="+addr, "FUALAB_API_PROXY_ADDR="+free(t), "FUALAB_UPSTREAM_HOST="+api.Hostname(), "FUALAB_UPSTREAM_PORT="+api.Port())
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = t.Output(), t.Output(), time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cmd) })
	deadline := time.Now().Add(20 * time.Second)
	for httpserver.Check(t.Context(), addr, "/caddy-health") != nil {
		if time.Now().After(deadline) {
			t.Fatal("/caddy-health does not respond within 20 s")
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "http://127.0.0.1" + addr
}

// stop ends Caddy as Docker does. Its grace period is 10 s.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// free returns a port, as ":port", that had no listener a moment ago.
func free(t *testing.T) string {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), ":0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return ":" + port
}

// files creates a directory like the output of the client's build.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"index.html":  page,
		"favicon.svg": "<svg/>",
		".env":        "secret",
		"assets/.map": "secret",
		script:        strings.Repeat("export const answer = 42;\n", 400),
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// serveAt serves at address, which was in use a moment ago; it returns nil on failure.
func serveAt(t *testing.T, address string, handler http.Handler) *httptest.Server {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), address, "")
	if err != nil {
		t.Error(err)
		return nil
	}
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close()
	server.Listener = ln
	server.Start()
	return server
}

// unpack returns the uncompressed body of resp.
func unpack(resp *http.Response) (io.Reader, error) {
	if resp.Header.Get("Content-Encoding") != "gzip" || resp.Request.Method == http.MethodHead {
		return resp.Body, nil
	}
	return gzip.NewReader(resp.Body)
}

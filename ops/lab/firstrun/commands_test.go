//go:build lab

package firstrun_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/ops/lab/internal/page"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/testdb"
)

const repository = "../../.."

// pages are the pages whose commands are run.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(repository, "ops", "runbooks", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no runbooks were found: %v", err)
	}
	return append([]string{filepath.Join(repository, "README.md"), filepath.Join(repository, "CONTRIBUTING.md")}, found...)
}

// TestMarked: every block of commands names the place where it is run.
func TestMarked(t *testing.T) {
	t.Parallel()
	blocks := 0
	for _, file := range pages(t) {
		found, err := page.Read(file)
		if err != nil {
			t.Error(err)
		}
		blocks += len(found)
	}
	if blocks == 0 {
		t.Error("the pages have no commands")
	}
}

// TestIndexed: the index of the runbooks has every page, and no other.
func TestIndexed(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile(filepath.Join(repository, "ops", "runbooks", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, file := range pages(t)[2:] {
		if name := filepath.Base(file); name != "README.md" {
			want = append(want, name)
		}
	}
	for _, link := range regexp.MustCompile(`(?m)^\|.*\]\(([a-z0-9-]+\.md)\) \|$`).FindAllStringSubmatch(string(index), -1) {
		got = append(got, link[1])
	}
	slices.Sort(got)
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("the index lacks %s", name)
		}
	}
	if missing := slices.DeleteFunc(slices.Compact(got), func(name string) bool { return slices.Contains(want, name) }); len(missing) > 0 {
		t.Errorf("the index has pages that do not exist: %v", missing)
	}
}

// TestCommands runs, page by page, the blocks that are marked for this test.
func TestCommands(t *testing.T) {
	t.Parallel()
	for _, where := range []string{page.Local, page.Postgres} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			for _, program := range []string{"bash", "curl", "jq", "redis-cli", "sqlite3", "psql"} {
				if _, err := exec.LookPath(program); err != nil && testdb.Required() {
					t.Fatalf("FUALAB_TEST_REQUIRE=1, and the pages' commands need %s", program)
				} else if err != nil {
					t.Skipf("the pages' commands need %s", program)
				}
			}
			p := startPlatform(t, where)
			for _, file := range pages(t) {
				blocks, err := page.Read(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range blocks {
					if b.Where == where {
						p.run(t, fmt.Sprintf("%s:%d", filepath.Base(file), b.Line), b.Text)
					}
				}
			}
		})
	}
}

// platform is a running platform, with the environment of its operator's shell.
type platform struct {
	dir     string // the working directory
	environ []string
	own     *strings.Replacer // replaces the addresses of the pages by its own
}

// startPlatform starts the local runner, and creates the examples of the pages: an
// item 1, an ended run 5, a token 7.
func startPlatform(t *testing.T, where string) *platform {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	url := database.SQLiteURL(".data/fualab.db")
	setting := "FUALAB_DATABASE_URL=" // unset: the runner's default
	if where == page.Postgres {
		url = testdb.EmptyURL(t, "postgres")
		setting += url.Reveal()
	}
	api, worker := freeAddr(t), freeAddr(t)
	environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, config.Prefix) })
	addresses := []string{
		"FUALAB_API_ADDR=" + api, "FUALAB_WORKER_ADDR=" + worker,
		"FUALAB_API_ADMIN_ADDR=" + freeAddr(t), "FUALAB_WORKER_ADMIN_ADDR=" + freeAddr(t),
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(bin, "fualab-local"))
	cmd.Dir = repository
	cmd.Env = slices.Concat(environ, addresses, []string{setting, "FUALAB_FRONTEND_ADDR=127.0.0.1:0", "FUALAB_DATA_DIR=" + filepath.Join(dir, ".data"), "FUALAB_BUILD_CLIENT=false"})
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = said.Close()
	})
	redis := awaitRedis(t, said.Name())
	p := &platform{dir: dir, own: strings.NewReplacer("localhost:8000", api, "localhost:8001", worker)}
	p.environ = slices.Concat(environ, addresses, []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "CURL_HOME=" + dir, "FUALAB_DATABASE_URL=" + url.Reveal(), "FUALAB_REDIS_URL=" + redis,
	})
	// A refused request fails the command.
	if err := os.WriteFile(filepath.Join(dir, ".curlrc"), []byte("fail-with-body\nshow-error\nmax-time = 30\nnoproxy = *\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the API", func() bool { return answers(t, "http://"+api+"/ready") })
	await(t, "the schedules", func() bool {
		return p.try(t, `curl -s localhost:8000/api/schedules | jq -e 'any(.name == "stats.rollup")'`) == nil
	})
	p.run(t, "preparation", `
		curl -s -X POST localhost:8000/api/items -H 'Content-Type: application/json' -d '{"name":"Sample"}'
		for i in 1 2 3 4 5 6; do curl -s -X POST localhost:8000/api/schedules/stats.rollup/runs; done
		for i in 1 2 3 4 5 6 7; do fualab-api token create --name "t$i" --scope read,write,admin >token; done`)
	await(t, "run 5", func() bool {
		return p.try(t, `curl -s localhost:8000/api/runs/5 | jq -e '.finished_at != null'`) == nil
	})
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	p.environ = append(p.environ, "TOKEN="+strings.TrimSpace(string(token)))
	return p
}

// shell is put before the pages' commands: a grep without a match is no failure.
const shell = `grep() { command grep "$@" || test $? -eq 1; }
`

// run runs commands as an operator's shell does, but ends at the first failure.
func (p *platform) run(t *testing.T, name, commands string) {
	t.Helper()
	if err := p.try(t, commands); err != nil {
		t.Errorf("%s: %v\n%s", name, err, commands)
	}
}

func (p *platform) try(t *testing.T, commands string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", shell+p.own.Replace(commands))
	cmd.Dir, cmd.Env, cmd.WaitDelay = p.dir, p.environ, time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, out.String())
	}
	return nil
}

// freeAddr is an address without a listener.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// awaitRedis reads the address of the runner's Redis from its banner.
func awaitRedis(t *testing.T, said string) (url string) {
	t.Helper()
	await(t, "the platform", func() bool {
		text, err := os.ReadFile(said)
		if err != nil {
			t.Fatal(err)
		}
		url = regexp.MustCompile(`redis://127\.0\.0\.1:\d+`).FindString(string(text))
		return url != "" && strings.Contains(string(text), "Ctrl-C stops it.")
	})
	return url
}

func answers(t *testing.T, url string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s after a minute", what)
		}
	}
}

//go:build lab

package life

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const whole = true

// TestProductStartsAndPasses: with each set of names the tree is tidy, vets, passes its tests, and shows its name.
func TestProductStartsAndPasses(t *testing.T) {
	platform := copied(t)
	if platform == nil {
		return
	}
	for name, s := range sets {
		t.Run(name, func(t *testing.T) {
			p := s.begin(&tree{t, platform.dir})
			if left := p.run("git", "status", "--porcelain"); left != "" {
				t.Errorf("init left changes: %s", left)
			}
			p.run("go", "tool", "task", "tidy:check")
			p.run("go", "tool", "task", "fmt:check")
			p.run("go", "vet", "work")
			p.starts(s)
			p.run("go", "test", "work")
		})
	}
}

// starts fails the test unless the platform starts and shows the product's name on its page.
func (c *tree) starts(s set) {
	c.t.Helper()
	binary := filepath.Join(c.t.TempDir(), "local")
	c.run("go", "build", "-buildvcs=false", "-o", binary, "./ops/local")
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = c.dir
	variables := strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
	for name, value := range map[string]string{
		"DATA_DIR": c.t.TempDir(), "BUILD_CLIENT": "false", "API_ADDR": "127.0.0.1:0", "WORKER_ADDR": "127.0.0.1:0", "FRONTEND_ADDR": "127.0.0.1:0", "REDIS_PORT": "0",
	} {
		cmd.Env = append(cmd.Env, variables+"_"+name+"="+value)
	}
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // was killed
	}()
	var running bool
	var site string
	for lines := bufio.NewScanner(out); site == "" && lines.Scan(); {
		running = running || strings.Contains(lines.Text(), s.product+" is running")
		if address, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "Web client"); ok && running {
			site = strings.TrimSpace(address)
		}
	}
	if site == "" {
		c.t.Fatalf("the platform did not say where it runs: %v", ctx.Err())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || !regexp.MustCompile("<title>"+s.product).Match(page) {
		c.t.Errorf("the page does not show %s: %v\n%s", s.product, err, page)
	}
}

//go:build lab

package firstrun_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// TestRunnerUsesGivenServers starts the local runner on a given Postgres and
// Redis. Its banner names both without a password, and both are used.
func TestRunnerUsesGivenServers(t *testing.T) {
	t.Parallel()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	db, server := testdb.EmptyURL(t, "postgres"), testredis.Server(t)
	key := "fualab:test:local:" + filepath.Base(t.TempDir())
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	p := command(ctx, t, "fualab-local", world{environ: []string{
		"FUALAB_HEARTBEAT_KEY=" + key, "FUALAB_DATABASE_URL=" + db.Reveal(), "FUALAB_REDIS_URL=" + server.Reveal(),
	}})
	p.Cancel = func() error { return p.Process.Signal(os.Interrupt) }
	p.WaitDelay = 30 * time.Second
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	var banner strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		banner.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ctrl-C stops it.") {
			break
		}
	}
	u, err := url.Parse(db.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if want := "Postgres, " + u.Path[1:] + " at " + u.Host; !strings.Contains(banner.String(), want) {
		t.Errorf("the banner lacks %q:\n%s", want, banner.String())
	}
	if password, ok := u.User.Password(); ok && strings.Contains(banner.String(), password) {
		t.Error("the banner shows the password")
	}
	found := regexp.MustCompile(`(http://\S+?)/api/items`).FindStringSubmatch(banner.String())
	if found == nil {
		t.Fatalf("the banner names no API:\n%s", banner.String())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, found[1]+"/api/items", strings.NewReader(`{"name":"Sample"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("POST /api/items: status %d", resp.StatusCode)
	}
	rdb, err := redis.Open(server, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	for tick := time.NewTicker(50 * time.Millisecond); ; <-tick.C {
		n, err := rdb.Do(ctx, "EXISTS", key)
		if err != nil {
			t.Fatalf("await the worker's heartbeat at %s: %v", key, err)
		}
		if n == int64(1) {
			break
		}
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := p.Wait(); err != nil {
		t.Errorf("the runner did not stop in order: %v", err)
	}
}

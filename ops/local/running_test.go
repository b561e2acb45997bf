package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testwait"
)

// bannerEnd is the end of the text that a ready platform prints.
const bannerEnd = "Ctrl-C stops it.\n"

// running is a platform that has printed its banner.
type running struct {
	banner, site, api, docs string
	redis                   config.RedisURL
	stdout                  *output
	cancel                  context.CancelFunc
	ended                   chan error
}

func anyPort() []string {
	return []string{"FUALAB_API_ADDR=127.0.0.1:0", "FUALAB_WORKER_ADDR=127.0.0.1:0", "FUALAB_FRONTEND_ADDR=127.0.0.1:0", "FUALAB_REDIS_PORT=0"}
}

// startPlatform runs a platform in a repository with a built client.
func startPlatform(t *testing.T, environ ...string) *running {
	t.Helper()
	return startPlatformIn(t, builtRepository(t), environ...)
}

func startPlatformIn(t *testing.T, dir string, environ ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel) // for a test that fails before it stops the platform
	stdout := &output{}
	p := &running{stdout: stdout, cancel: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- runPlatform(ctx, dir, append(anyPort(), environ...), stdout, t.Output()) }()
	select {
	case err := <-p.ended:
		t.Fatalf("the platform ended before it was ready: %v", err)
	case <-stdout.has(bannerEnd):
	case <-time.After(testwait.Patience):
		t.Fatalf("the platform is not ready after %s, and has printed\n%s", testwait.Patience, stdout)
	}
	p.banner = stdout.String()
	p.site, p.api, p.docs = urlAfter(t, p.banner, "Web client"), urlAfter(t, p.banner, "API"), urlAfter(t, p.banner, "API docs")
	if i := strings.Index(p.banner, "redis://"); i >= 0 {
		p.redis = config.RedisURL(strings.Fields(p.banner[i:])[0])
	}
	return p
}

// runBriefly runs a platform that is expected to fail, and stops it if it does
// not.
func runBriefly(t *testing.T, environ ...string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testwait.Patience)
	defer cancel()
	return runPlatform(ctx, builtRepository(t), append(anyPort(), environ...), io.Discard, t.Output())
}

func (p *running) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Error("stop:", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the platform still runs 20 s after it was told to stop")
	}
}

func urlAfter(t *testing.T, banner, label string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^ +` + label + ` +(http://\S+)$`).FindStringSubmatch(banner)
	if found == nil {
		t.Fatalf("the banner has no URL for %s:\n%s", label, banner)
	}
	return found[1]
}

func call(t *testing.T, method, url, body string, want int) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Fatalf("%s %s: %s, want %d: %v\n%.500s", method, url, resp.Status, want, err, got)
	}
	return string(got)
}

func assertItem(t *testing.T, url string) {
	t.Helper()
	var items []struct{ Name string }
	if err := json.Unmarshal([]byte(call(t, http.MethodGet, url, "", http.StatusOK)), &items); err != nil {
		t.Fatal(err)
	}
	if len(items) != 1 || items[0].Name != "Sample" {
		t.Errorf("%s lists %v, want the one item that was created", url, items)
	}
}

// assertHeartbeat waits for the worker's first heartbeat, which expires.
func assertHeartbeat(t *testing.T, u config.RedisURL, key string) {
	t.Helper()
	client, err := redis.Open(u, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	testwait.For(t, "a heartbeat that expires at "+key, func() bool {
		answer, err := client.Do(t.Context(), "PTTL", key)
		if err != nil {
			t.Fatal(err)
		}
		ms, _ := answer.(int64)
		return ms > 0
	})
}

// output keeps the written text.
type output struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	waiting map[string]chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p)
	for text, found := range o.waiting {
		if strings.Contains(o.buf.String(), text) {
			close(found)
			delete(o.waiting, text)
		}
	}
	return len(p), nil
}

// has returns a channel that is closed once text has been written. Only one
// caller at a time may wait.
func (o *output) has(text string) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := make(chan struct{})
	if strings.Contains(o.buf.String(), text) {
		close(found)
		return found
	}
	if o.waiting == nil {
		o.waiting = make(map[string]chan struct{})
	}
	o.waiting[text] = found
	return found
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func TestBannerTellsHowToGetAToken(t *testing.T) {
	t.Parallel()
	const command = "go run ./ops/local token create"
	for auth, want := range map[string]bool{"on": true, "off": false} {
		p := startPlatform(t, "FUALAB_AUTH="+auth)
		if got := strings.Contains(p.banner, command); got != want {
			t.Errorf("with FUALAB_AUTH=%s the banner names %q: %t, want %t:\n%s", auth, command, got, want, p.banner)
		}
		p.stop(t)
	}
}

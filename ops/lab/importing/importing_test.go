//go:build lab

// Package importing tests exports and imports with whole programs: the API over
// HTTP, and the worker's task in a process that is killed.
package importing

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker"
)

var size = flag.Int("items", 1000, "number of exported and imported items")

// processVariable makes this test's program an importing worker.
const processVariable = "IMPORTING_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(processVariable) != "" {
		os.Exit(process())
	}
	os.Exit(m.Run())
}

func process() int {
	if err := work(context.Background(), os.Getenv("FUALAB_DATABASE_URL")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// work makes one pass of the import task.
func work(ctx context.Context, url string) error {
	cfg, err := config.Load[worker.Config]([]string{"FUALAB_DATABASE_URL=" + url})
	if err != nil {
		return err
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	_, err = worker.RunTask(ctx, cfg, "items.import")
	return err
}

// platform is an API on a separate database.
type platform struct {
	t    *testing.T
	url  string // the database's
	base string
}

func start(t *testing.T, dialect string) *platform {
	t.Helper()
	p := &platform{t: t, url: testdb.EmptyURL(t, dialect).Reveal()}
	cfg, err := config.Load[api.Config]([]string{"FUALAB_DATABASE_URL=" + p.url, "FUALAB_API_ADDR=127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	if cfg.Listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.base = "http://" + cfg.Listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.Run(ctx, cfg) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *platform) do(method, path, body string, want int) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if strings.HasPrefix(path, "/api/items") {
		req.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Timeout: 5 * time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		p.t.Fatalf("%s %s: %d %.500s, %v, want %d", method, path, resp.StatusCode, text, err, want)
	}
	return string(text)
}

// completed makes passes until the import is over, several for a large one, and
// expects n new items.
func (p *platform) completed(n int) {
	p.t.Helper()
	var got struct {
		State    string `json:"state"`
		Inserted int    `json:"inserted"`
		Error    string `json:"error"`
	}
	for pass := 0; pass < 100 && (pass == 0 || got.State == "validating" || got.State == "importing"); pass++ {
		if err := work(p.t.Context(), p.url); err != nil {
			p.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(p.do("GET", "/api/imports/1", "", 200)), &got); err != nil {
			p.t.Fatal(err)
		}
	}
	if got.State != "completed" || got.Inserted != n {
		p.t.Errorf("the import is %+v, want %d new items", got, n)
	}
}

// texts are texts that files often corrupt.
var texts = []string{
	`"quoted"`, "two\nlines", "two\r\nlines", "comma, semicolon; tab\tpipe|", " spaces ", "\ufeffBOM", "emoji 😀 é", "=1+1", "-1", "@x", "\t=1", "\r=1",
	"'", "'=1", "''=1", strings.Repeat("long ", 50), "null", "<b>&\u2028",
}

// lines returns n items in NDJSON, with every text in every place.
func lines(t *testing.T, n int) string {
	t.Helper()
	var out strings.Builder
	enc := json.NewEncoder(&out)
	for i := range n {
		text := texts[i%len(texts)]
		item := map[string]any{"name": fmt.Sprint(text, i), "created_at": "2026-01-02T03:04:05.123456Z"}
		if i%2 == 0 {
			item["external_id"] = fmt.Sprint(i, text)
			item["attributes"] = map[string]any{"null": nil, text: []any{text, nil, 1.5}, "": map[string]any{}}
		}
		if i%3 == 0 {
			item["description"], item["expires_at"] = text, "2999-12-31T23:59:59.999999Z"
		}
		if err := enc.Encode(item); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// TestRoundTrip: an export, imported elsewhere and exported again, is the same
// file.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		for _, format := range []string{"csv", "ndjson"} {
			t.Run(dialect+"/"+format, func(t *testing.T) {
				t.Parallel()
				from, to := start(t, dialect), start(t, dialect)
				from.do("POST", "/api/imports?format=ndjson", lines(t, *size), 202)
				from.completed(*size)
				file := from.do("GET", "/api/items/export?format="+format, "", 200)
				to.do("POST", "/api/imports?format="+format, file, 202)
				to.completed(*size)
				if again := to.do("GET", "/api/items/export?format="+format, "", 200); again != file {
					t.Errorf("the files of %d bytes and %d bytes differ", len(file), len(again))
				}
			})
		}
	}
}

// TestKilled kills the importing process at ten moments, and compares the items
// with the file.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			p := start(t, dialect)
			n := 10 * *size
			var file bytes.Buffer
			file.WriteString("external_id,name,description,attributes,expires_at,created_at\n")
			for i := range n {
				fmt.Fprintf(&file, "id-%d,Sample %d,,{},,2026-01-02T03:04:05.123456Z\n", i, i)
			}
			p.do("POST", "/api/imports", file.String(), 202)
			kills := 0
			for kills < 10 && p.kill(time.Duration(kills+1)*100*time.Millisecond) {
				kills++
			}
			p.completed(n)
			if got := p.do("GET", "/api/items/export", "", 200); got != file.String() {
				t.Errorf("after %d kills the export has %d bytes, the file %d", kills, len(got), file.Len())
			}
			t.Logf("%d kills", kills)
		})
	}
}

// kill starts an importing process and kills it about after d, unless it has
// ended by then.
func (p *platform) kill(d time.Duration) bool {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), processVariable+"=1", "FUALAB_DATABASE_URL="+p.url)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	timer := time.AfterFunc(d+rand.N(d), func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait() != nil
}

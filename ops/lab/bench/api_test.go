package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/fualab/fualab/shared/testdb"
)

// TestMain lets the test binary act as the floor, as the program does.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "floor" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestShort: each part works, and all its sides respond. PocketBase takes part
// if it has been built.
func TestShort(t *testing.T) {
	if !testdb.Required() {
		t.Skip("takes a minute: FUALAB_TEST_REQUIRE=1 runs it")
	}
	only := "floor,database,batch,rates,start,search,pages"
	if peer, err := moduleBinary(peerPackage, peerVersion); err != nil {
		t.Fatal(err)
	} else if _, err := os.Stat(peer); err == nil {
		only += ",peer"
	}
	var out strings.Builder
	if err := benchAPI(t.Context(), testdb.EmptyURL(t, "postgres").Reveal(), []string{"-short", "-only", only}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	_, result, _ := strings.Cut(out.String(), "## Result")
	for _, name := range []string{
		"hot, of net/http's floor", "same SELECT", "same INSERT", "by batches", "p99 at half", "under these loads",
		"from exec to ready", "idle API", "idle worker", "search in", "any page",
	} {
		if !strings.Contains(result, name) {
			t.Errorf("no figure %q:\n%s", name, &out)
		}
	}
}

func TestAPIFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-only floor,pages":   "",
		"-only floor,ceiling": `no part "ceiling"; there are floor, database`,
		"-rounds 0":           "must be at least 1",
		"-duration 1ms":       "-duration 100ms",
		"-connections":        "needs an argument",
	} {
		_, err := parseAPIFlags(strings.Fields(args), io.Discard)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// TestCompare: each round counts its own ratio.
func TestCompare(t *testing.T) {
	t.Parallel()
	fixed := func(name string, requests ...int64) side {
		return side{name: name, drive: func(_ context.Context, d time.Duration) (tally, error) {
			n := requests[0]
			if d == time.Second { // a round, not the warm-up
				requests = requests[1:]
			}
			return tally{requests: n, took: d}, nil
		}}
	}
	var out strings.Builder
	b := &apiBench{apiFlags: apiFlags{rounds: 3, duration: time.Second}, out: &out}
	ours := fixed("ours", 10, 90, 20)
	ours.items = 2
	got, err := b.compare(t.Context(), "work", ours, fixed("theirs", 10, 10, 80))
	if err != nil || got != 2 {
		t.Errorf("ratio %g, %v", got, err)
	}
	if !strings.Contains(out.String(), "| ours | 40 | 20, 180, 40 |") || !strings.Contains(out.String(), "| ratio | 2.00 | 2.00, 18.00, 0.50 |") {
		t.Errorf("printed:\n%s", &out)
	}
}

// TestFloor: the floor's responses equal the captured one.
func TestFloor(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"short": "{}", "long": strings.Repeat("x", 20_000)} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header()["Link"] = []string{"<a>", "<b>"}
			_, _ = io.WriteString(w, body)
		}))
		defer server.Close()
		want, err := capture(t.Context(), server.URL)
		if err != nil {
			t.Fatal(err)
		}
		floor, err := startFloor(t.Context(), want) // compares the responses
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if cpu, err := floor.cpu(); err != nil || cpu < 0 {
			t.Errorf("%s: processor time %s, %v", name, cpu, err)
		}
		if memory, err := floor.memory("VmRSS"); err != nil || memory < 1 {
			t.Errorf("%s: %g MB, %v", name, memory, err)
		}
		if err := floor.stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEndedProgramIsReported(t *testing.T) {
	t.Parallel()
	_, err := startProcess(t.Context(), "/", func(string) *exec.Cmd { return exec.Command("false") }) //nolint:noctx // it ends by itself
	if err == nil || !strings.Contains(err.Error(), "false does not become ready: it ended") {
		t.Errorf("returned %v", err)
	}
}

func TestClosedLoad(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	defer server.Close()
	got, err := traffic{server.URL, getItem(3)}.closed(t.Context(), 3, 100*time.Millisecond)
	if err != nil || got.requests != served.Load() || got.took < 100*time.Millisecond {
		t.Errorf("%d requests in %s, %v; served %d", got.requests, got.took, err, served.Load())
	}
}

// TestPacedLoad: a slow request delays those that become due meanwhile, and
// their waiting counts as a part of their time. The warm-up does not count.
func TestPacedLoad(t *testing.T) {
	t.Parallel()
	const (
		d, rate = time.Second, 40
		warm    = 10 // of 50 requests
	)
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if served.Add(1) == warm+1 {
			time.Sleep(d / 2)
		}
	}))
	defer server.Close()
	got, err := traffic{server.URL, getItem(3)}.paced(t.Context(), 1, d, rate)
	if err != nil || served.Load() > warm+rate || got.requests == served.Load() {
		t.Errorf("%d of %d requests, %v", got.requests, served.Load(), err)
	}
	if waited := got.percentile(75); waited < d/8 {
		t.Errorf("half of the requests that were due during the slow one took at most %s", waited)
	}
}

func TestFailedRequestFailsTheLoad(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := traffic{server.URL, getItem(1)}.closed(t.Context(), 2, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "GET /api/items/1: status 404") {
		t.Errorf("returned %v", err)
	}
}

func TestMixedLoad(t *testing.T) {
	t.Parallel()
	next, chance, posts := mixed(10), rand.New(rand.NewPCG(1, 2)), 0
	for range 1000 {
		var req fasthttp.Request
		next(chance, "http://localhost", &req)
		if string(req.Header.Method()) == http.MethodPost {
			posts++
		}
	}
	if posts < 150 || posts > 250 {
		t.Errorf("%d of 1000 requests write", posts)
	}
}

func TestPgbenchTally(t *testing.T) {
	t.Parallel()
	const text = "number of transactions actually processed: %d\nnumber of failed transactions: %d (0.000%%)\ntps = 500.5 (without initial connection time)\n"
	got, err := pgbenchTally(fmt.Sprintf(text, 1001, 0))
	if err != nil || got.requests != 1001 || got.took != 2*time.Second {
		t.Errorf("read %+v, %v", got, err)
	}
	if _, err := pgbenchTally(fmt.Sprintf(text, 1001, 1)); err == nil {
		t.Error("a failed transaction is no error")
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	var c costs
	c.add("read", 1_000_000, 30*time.Second)
	c.add("read", 2_000_000, 20*time.Second)
	c.add("read", 1_000_000, 40*time.Second)
	if got := median(c[0].seconds); got != 30 {
		t.Errorf("%.0f seconds", got)
	}
	// Two minutes of a task.
	if got, want := dollars(30), taskHour/30; got < want*0.999 || got > want*1.001 {
		t.Errorf("%f USD, not %f", got, want)
	}
}

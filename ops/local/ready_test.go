package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testwait"
)

// buildsWhen is an npm that builds once the file name exists.
const buildsWhen = `
echo "npm $*"; env >>environ
case $1 in
ci) mkdir -p node_modules && : >node_modules/.package-lock.json ;;
run)
	turns=0
	until [ -e go ] || [ $turns = 400 ]; do turns=$((turns + 1)); sleep 0.05; done
	mkdir -p "$5" && echo '` + builtTitle + `' >"$5/index.html" ;;
esac
`

// TestBuild starts the program without a built client, and again with one.
func TestBuild(t *testing.T) {
	t.Parallel()
	dir, data := newRepository(t, buildsWhen), t.TempDir()
	frontend := filepath.Join(dir, "frontend")
	p := startProcessIn(t, dir, "FUALAB_DATA_DIR="+data, "FUALAB_BUILD_CLIENT=true", "FUALAB_LOG_LEVEL=debug", fakePath())
	p.await(t, "web client: building it with npm")
	site := urlAfter(t, p.out.String(), "Web client")
	for _, path := range []string{"/", "/items/7"} {
		page := call(t, http.MethodGet, site+path, "", http.StatusOK)
		if !strings.Contains(page, building.Title) || !strings.Contains(page, `http-equiv="refresh"`) {
			t.Errorf("during the build, %s is %s", path, page)
		}
	}
	call(t, http.MethodGet, site+"/assets/index.js", "", http.StatusNotFound)
	call(t, http.MethodPost, site+"/", "", http.StatusMethodNotAllowed)
	call(t, http.MethodGet, site+"/api/items", "", http.StatusOK)
	write(t, filepath.Join(frontend, "go"), "")
	p.await(t, "web client: ready in ")
	if page := call(t, http.MethodGet, site+"/items/7", "", http.StatusOK); strings.TrimSpace(page) != builtTitle {
		t.Errorf("after the build: %s", page)
	}
	if err := p.end(t, syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if log := read(t, filepath.Join(data, buildLogName)); log != "npm ci --include=dev\nnpm run build -- --outDir .data/dist --emptyOutDir\n" {
		t.Errorf("the log has %q", log)
	}
	if environ := read(t, filepath.Join(frontend, "environ")); strings.Contains(environ, "FUALAB_LOG_LEVEL") {
		t.Error("npm gets the platform's settings")
	}
	left, err := os.ReadDir(filepath.Join(frontend, workDir))
	if err != nil || len(left) != 1 || left[0].Name() != "lock" {
		t.Errorf("the build leaves %v, %v", left, err)
	}

	again := startProcessIn(t, dir, "FUALAB_DATA_DIR="+data, "FUALAB_BUILD_CLIENT=true", fakePath())
	site = urlAfter(t, again.out.String(), "Web client")
	if page := call(t, http.MethodGet, site, "", http.StatusOK); strings.TrimSpace(page) != builtTitle {
		t.Errorf("the second time: %s", page)
	}
	if err := again.end(t, syscall.SIGINT); err != nil || strings.Contains(again.out.String(), "building") {
		t.Errorf("%v, after printing\n%s", err, &again.out)
	}
}

func TestImpossibleBuildNamesItsCure(t *testing.T) {
	t.Parallel()
	const broken = `[ "$1" = run ] || { mkdir -p node_modules && : >node_modules/.package-lock.json; exit; }
echo "the first of many lines"
i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo "line $i"; done
echo "src/main.tsx: <b>unexpected</b> token"; exit 3`
	for _, tt := range []struct {
		name    string
		script  string
		environ []string
		printed []string
		page    []string
	}{
		{
			name: "npm fails", script: broken, environ: []string{fakePath()},
			printed: []string{"web client: not built: npm run build: exit status 3: correct npm's errors and start again; all of its output is in ", "\n    the first of many lines\n", "\n    …\n    line 16\n", "\n    line 20\n    src/main.tsx: <b>unexpected</b> token\n"},
			page:    []string{"npm run build: exit status 3.", "line 20\nsrc/main.tsx: &lt;b&gt;unexpected&lt;/b&gt; token"},
		},
		{
			name: "npm builds nothing", script: ":", environ: []string{fakePath()},
			printed: []string{"web client: not built: npm run build wrote no .data/dist/index.html: correct that and start again\n"},
			page:    []string{"npm run build wrote no"},
		},
		{
			name: "no Node", environ: []string{"PATH="},
			printed: []string{"web client: not built: Node is not found: " + getNode + "\n"},
			page:    []string{"Node is not found", "nodejs.org", `href="/docs"`, `href="/api/items"`},
		},
		{
			name: "an old Node", environ: []string{fakePath(), "FAKE_NODE_VERSION=v18.19.1"},
			printed: []string{"the installed Node, v18.19.1, cannot build it: " + getNode + "\n"},
			page:    []string{"v18.19.1", "nodejs.org"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, data := newRepository(t, tt.script), t.TempDir()
			p := startProcessIn(t, dir, append(tt.environ, "FUALAB_DATA_DIR="+data, "FUALAB_BUILD_CLIENT=true")...)
			p.await(t, tt.printed...)
			site := urlAfter(t, p.out.String(), "Web client")
			page := call(t, http.MethodGet, site+"/items/7", "", http.StatusOK)
			for _, want := range tt.page {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q:\n%s", want, page)
				}
			}
			if strings.Contains(page, `http-equiv="refresh"`) {
				t.Error("the page reloads although no build runs")
			}
			call(t, http.MethodGet, site+"/api/items", "", http.StatusOK)
			if tt.script == broken && !strings.HasPrefix(read(t, filepath.Join(data, buildLogName)), "the first of many lines\n") {
				t.Error("the log lacks npm's output")
			}
			if err := p.end(t, syscall.SIGINT); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOlderBuild: the site serves the older client if no new one can be built.
func TestOlderBuild(t *testing.T) {
	t.Parallel()
	dir := builtRepository(t)
	age(t, filepath.Join(dir, "frontend", builtPage), time.Hour)
	p := startProcessIn(t, dir, "FUALAB_DATA_DIR="+t.TempDir(), "FUALAB_BUILD_CLIENT=true", fakePath())
	p.await(t, "web client: not built (an older build is served): npm ci: exit status 1: ")
	if page := call(t, http.MethodGet, urlAfter(t, p.out.String(), "Web client"), "", http.StatusOK); page != builtTitle {
		t.Errorf("the site serves %s", page)
	}
	if err := p.end(t, syscall.SIGINT); err != nil {
		t.Error(err)
	}
}

func TestBuildCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	p := startPlatformIn(t, newRepository(t, buildsWhen), "FUALAB_DATA_DIR="+t.TempDir(), "FUALAB_BUILD_CLIENT=false")
	if page := call(t, http.MethodGet, p.site, "", http.StatusOK); !strings.Contains(page, absent.Cure) {
		t.Errorf("the site serves %s", page)
	}
	p.stop(t)
	if got := p.stdout.String(); strings.Contains(got, "web client:") {
		t.Errorf("the runner prints\n%s", got)
	}
}

// await waits until the program has printed each of texts.
func (p *process) await(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		select {
		case <-p.out.has(text):
		case <-p.ended:
			t.Fatalf("the program ended before it printed %q: %v\n%s", text, p.err, &p.out)
		case <-time.After(testwait.Patience):
			t.Fatalf("after %s the program has not printed %q\n%s", testwait.Patience, text, &p.out)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
)

// TestPlatform starts everything, uses it as a newcomer does, stops it and
// finds the data again after a second start.
func TestPlatform(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startPlatform(t, "FUALAB_DATA_DIR="+dir)
	for _, want := range []string{"SQLite, " + filepath.Join(dir, "fualab.db"), "embedded, redis://127.0.0.1:", "kept in " + dir, filepath.Join(dir, logName), "Ctrl-C stops it."} {
		if !strings.Contains(p.banner, want) {
			t.Errorf("the banner lacks %q:\n%s", want, p.banner)
		}
	}
	if page := call(t, http.MethodGet, p.site+"/", "", http.StatusOK); !strings.Contains(page, "<title>FUALab</title>") {
		t.Errorf("the web client is not served: %.200s", page)
	}
	call(t, http.MethodGet, p.docs, "", http.StatusOK)
	call(t, http.MethodPost, p.site+"/api/items", `{"name":"Sample"}`, http.StatusCreated)
	assertItem(t, p.site+"/api/items")
	assertItem(t, p.api)
	assertHeartbeat(t, p.redis, "fualab:worker:heartbeat")
	p.stop(t)

	again := startPlatform(t, "FUALAB_DATA_DIR="+dir)
	assertItem(t, again.site+"/api/items")
	again.stop(t)
	log, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil {
		t.Fatal(err)
	}
	api := bytes.Index(log, []byte(`"msg":"stopped","service":"FUALab API","clean":true`))
	worker := bytes.Index(log, []byte(`"msg":"stopped","service":"FUALab Worker","clean":true`))
	if api < 0 || worker < api {
		t.Errorf("the log does not say that the API stopped, then the worker:\n%s", log)
	}
}

// TestPortsTaken: one error names every taken port, before any part runs.
func TestPortsTaken(t *testing.T) {
	t.Parallel()
	taken, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	addr := taken.Addr().String()
	dir := t.TempDir()
	err = runBriefly(t, "FUALAB_DATA_DIR="+dir, "FUALAB_API_ADDR="+addr, "FUALAB_WORKER_ADDR="+addr, "FUALAB_FRONTEND_ADDR="+addr)
	if err == nil {
		t.Fatal("the platform runs on a taken port")
	}
	for _, want := range []string{"FUALAB_API_ADDR", "FUALAB_WORKER_ADDR", "FUALAB_FRONTEND_ADDR", addr, "is taken by another program"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "fualab.db")); err == nil {
		t.Error("a database was created before the ports were bound")
	}
}

func TestSecondInstance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startPlatform(t, "FUALAB_DATA_DIR="+dir)
	err := runBriefly(t, "FUALAB_DATA_DIR="+dir)
	if err == nil || !strings.Contains(err.Error(), "FUALAB_DATA_DIR: the directory "+dir+" is in use by another FUALab, process ") {
		t.Errorf("a second instance got: %v", err)
	}
	p.stop(t)
}

func TestMisconfigured(t *testing.T) {
	t.Parallel()
	err := runBriefly(t, "FUALAB_API_ADDR=8000", "FUALAB_DATABASE_URL=mysql://u:s3cret@h/d", "FUALAB_REDIS_URL=6379",
		"FUALAB_HEARTBEAT_INTERVAL_SECONDS=often", "FUALAB_FRONTEND_ADR=:1")
	var faults *config.Error
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want a *config.Error", err)
	}
	var got []string
	for _, f := range faults.Faults {
		got = append(got, f.Variable)
	}
	want := "FUALAB_API_ADDR FUALAB_DATABASE_URL FUALAB_FRONTEND_ADR FUALAB_HEARTBEAT_INTERVAL_SECONDS FUALAB_REDIS_URL"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("faults of\n%s, want each once of\n%s", s, want)
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Error("the error holds the password")
	}
}

// TestPartFails: one part fails. The error names it, everything stops, and
// the directory is unlocked.
func TestPartFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	err := runBriefly(t, "FUALAB_DATA_DIR="+dir, "FUALAB_DATABASE_URL=sqlite:///"+file+"/x.db")
	if err == nil || !strings.HasPrefix(err.Error(), "API: FUALAB_DATABASE_URL: ") {
		t.Errorf("got: %v", err)
	}
	startPlatform(t, "FUALAB_DATA_DIR="+dir).stop(t)
}

// TestCancelledStartIsNoFailure ends the start while it waits for a database.
func TestCancelledStartIsNoFailure(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &output{}
	go func() {
		<-stderr.has("waiting for the database")
		cancel()
	}()
	err := runPlatform(ctx, builtRepository(t), append(anyPort(), "FUALAB_DATA_DIR="+t.TempDir(),
		"FUALAB_DATABASE_URL=postgresql://u:p@127.0.0.1:1/d", "FUALAB_DATABASE_WAIT_SECONDS=600"), io.Discard, stderr)
	if err != nil {
		t.Error("Ctrl-C while starting is reported as a failure:", err)
	}
}

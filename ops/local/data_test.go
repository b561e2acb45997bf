package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLargeLogIsSetAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, logName)
	if err := os.WriteFile(name, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reopen := func() {
		t.Helper()
		d, err := openData(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	if got, err := os.ReadFile(name); err != nil || string(got) != "old\n" {
		t.Errorf("a small log: %q, %v", got, err)
	}
	if err := os.Truncate(name, maxLog+1); err != nil {
		t.Fatal(err)
	}
	reopen()
	if info, err := os.Stat(name); err != nil || info.Size() != 0 {
		t.Errorf("the new log is not empty: %v", err)
	}
	if info, err := os.Stat(name + ".1"); err != nil || info.Size() != maxLog+1 {
		t.Errorf("the old log is not kept: %v", err)
	}
}

func TestInvalidDataDirNamesItsCause(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openData(filepath.Join(file, "data"))
	if err == nil || !strings.HasPrefix(err.Error(), "FUALAB_DATA_DIR: cannot make the directory "+file) {
		t.Errorf("got: %v", err)
	}
}

func TestConsoleShowsWarningsOnly(t *testing.T) {
	t.Parallel()
	var file, console strings.Builder
	log := newLogger(&file, &console, slog.LevelDebug, "FUALab API")
	log.Debug("a detail")
	log.Warn("a warning")
	if s := file.String(); !strings.Contains(s, "a detail") || !strings.Contains(s, "a warning") {
		t.Errorf("the file lacks a line:\n%s", s)
	}
	if s := console.String(); strings.Contains(s, "a detail") || !strings.Contains(s, `msg="a warning" service="FUALab API"`) {
		t.Errorf("the console shows:\n%s", s)
	}
}

//go:build lab

package firstrun_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/testdb"
)

// world is the environment of a program.
type world struct {
	environ []string
	dir     string   // working directory; "" is that of this test
	shown   []string // pairs: a text of this machine, and its replacement
	nobody  bool     // root, which may write anywhere, runs the program as the user nobody
}

// with is a world that consists of environment variables.
func with(environ ...string) func(*testing.T) world {
	return func(*testing.T) world { return world{environ: environ} }
}

// portTaken sets variable to an address on which this test listens.
func portTaken(variable string) func(*testing.T) world {
	return func(t *testing.T) world {
		t.Helper()
		ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close() })
		addr := ln.Addr().String()
		return world{environ: []string{variable + "=" + addr}, shown: []string{addr, shownAddr}}
	}
}

// noServer names a port without a listener. The system does not assign it, so no
// program listens there during the test.
func noServer(*testing.T) world {
	const addr = "127.0.0.1:1"
	return world{
		environ: []string{"FUALAB_DATABASE_URL=postgresql://fualab:" + secret + "@" + addr + "/fualab", "FUALAB_DATABASE_WAIT_SECONDS=0"},
		shown:   []string{addr, shownHost},
	}
}

func wrongPassword(t *testing.T) world {
	t.Helper()
	return onServer(t, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), secret) })
}

func missingDatabase(t *testing.T) world {
	t.Helper()
	return onServer(t, func(u *url.URL) { u.Path = "/fualab_absent" })
}

// onServer is a world with the test's Postgres, at a URL that spoil changes.
func onServer(t *testing.T, spoil func(*url.URL)) world {
	t.Helper()
	u, err := url.Parse(testdb.EmptyURL(t, "postgres").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{u.Host, shownHost, `user "` + u.User.Username() + `"`, `user "fualab"`}
	spoil(u)
	return world{environ: []string{"FUALAB_DATABASE_URL=" + u.String()}, shown: shown}
}

// belowFile names a path below a regular file, where not even root can create a
// directory.
func belowFile(before, after string) func(*testing.T) world {
	return func(t *testing.T) world {
		t.Helper()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return world{environ: []string{before + file + after}, shown: []string{file, shownPath}}
	}
}

// notWritable names a SQLite file in a read-only directory.
func notWritable(file string) func(*testing.T) world {
	return func(t *testing.T) world {
		t.Helper()
		// Not t.TempDir, which only its owner may read.
		dir, err := os.MkdirTemp("", "fualab-first-run-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		url := database.SQLiteURL(filepath.Join(dir, file))
		return world{environ: []string{"FUALAB_DATABASE_URL=" + url.Reveal()}, shown: []string{dir, shownPath}, nobody: true}
	}
}

func elsewhere(t *testing.T) world {
	t.Helper()
	dir := t.TempDir()
	return world{dir: dir, shown: []string{dir, shownPath}}
}

// secondRunner first starts a runner on the same data directory.
func secondRunner(t *testing.T) world {
	t.Helper()
	dir := t.TempDir()
	w := world{environ: []string{"FUALAB_DATA_DIR=" + dir}}
	first := command(t.Context(), t, "fualab-local", w)
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = first.Process.Kill()
		_ = first.Wait()
	})
	// The first output proves that it has locked the directory.
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	w.shown = []string{dir, shownPath, "process " + strconv.Itoa(first.Process.Pid), "process 4711"}
	return w
}

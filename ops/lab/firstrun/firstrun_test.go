//go:build lab

// Package firstrun_test makes the mistakes of a first run with the real
// programs, and compares their output with ops/runbooks/first-run.md. It also
// runs the commands of the README and the runbooks.
package firstrun_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
)

// patience is the time in which a program must find that it cannot run.
const patience = 15 * time.Second

// programs are the packages of the programs, by their names. They are built in
// their own modules, so this module does not need their dependencies.
var programs = map[string]struct{ module, pkg string }{
	"fualab-api":    {"../../../api", "./cmd/fualab-api"},
	"fualab-worker": {"../../../worker", "./cmd/fualab-worker"},
	"fualab-local":  {"../..", "./local"},
}

var bin string // the directory of the built programs

func TestMain(m *testing.M) {
	code := func() int {
		dir, err := os.MkdirTemp("", "fualab-first-run-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if err := os.Chmod(dir, 0o755); err != nil { // for the user nobody, see world
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		bin = dir
		return m.Run()
	}()
	os.Exit(code)
}

// build builds each program once.
var build = sync.OnceValue(func() error {
	for name, p := range programs {
		cmd := exec.CommandContext(context.Background(), "go", "-C", p.module, "build", "-buildvcs=false", "-o", filepath.Join(bin, name), p.pkg)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
})

func TestMistakes(t *testing.T) {
	t.Parallel()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			w := m.arrange(t)
			exit, printed := m.make(t, w)
			if exit != m.exit {
				t.Errorf("exit status %d, want %d", exit, m.exit)
			}
			if strings.Contains(printed, secret) {
				t.Error("the program prints a password")
			}
			if !strings.Contains(printed, m.variable) {
				t.Errorf("the program does not name %s", m.variable)
			}
			got := strings.NewReplacer(w.shown...).Replace(withoutLog(printed))
			if want := m.program + ": " + m.says + m.cure; !strings.HasPrefix(got, want) {
				t.Errorf("the program prints\n%s\nwhich does not begin with\n%s", got, want)
			}
		})
	}
}

// make runs the program in w and returns its exit status and all its output.
func (m mistake) make(t *testing.T, w world) (exit int, printed string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(ctx, t, m.program, w, m.args...)
	out, err := cmd.CombinedOutput()
	var status *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("the program runs for longer than %s, and has printed\n%s", patience, out)
	case err != nil && !errors.As(err, &status):
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// command returns the program in w, in an environment without any fault except
// those of w.
func command(ctx context.Context, t *testing.T, program string, w world, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, program), args...)
	cmd.Dir, cmd.WaitDelay = w.dir, time.Second
	if w.nobody && os.Geteuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	inherited := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, config.Prefix) })
	cmd.Env = slices.Concat(inherited, []string{
		"FUALAB_API_ADDR=127.0.0.1:0", "FUALAB_WORKER_ADDR=127.0.0.1:0", "FUALAB_FRONTEND_ADDR=127.0.0.1:0",
		"FUALAB_DATABASE_URL=" + database.SQLiteURL(filepath.Join(dir, "fualab.db")).Reveal(), "FUALAB_DATA_DIR=" + dir,
		"FUALAB_BUILD_CLIENT=false",
	}, w.environ)
	return cmd
}

// withoutLog leaves the lines for a person.
func withoutLog(printed string) string {
	var kept strings.Builder
	for line := range strings.Lines(printed) {
		if !strings.HasPrefix(line, "{") && !strings.HasPrefix(line, "time=") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

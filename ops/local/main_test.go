package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testwait"
)

// TestMain lets this test binary act as the program, for tests that need a
// separate process.
func TestMain(m *testing.M) {
	if os.Getenv("FUALAB_TEST_LOCAL_MAIN") == "1" {
		main()
		return
	}
	os.Exit(withFakes(m.Run))
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, "FUALAB_DATA_DIR="+t.TempDir())
			if err := p.end(t, signal); err != nil || !strings.HasSuffix(p.out.String(), "\nstopped\n") {
				t.Errorf("%v, after printing\n%s", err, &p.out)
			}
		})
	}
}

// TestReadySoon: the compiled platform is ready in under two seconds. The best
// of several starts counts, and the first one that is fast enough ends the
// test, because the machine may be busy.
func TestReadySoon(t *testing.T) {
	const maxTries, most = 20, 2 * time.Second
	dir, best := t.TempDir(), time.Hour
	for tries := 0; tries < maxTries && best > most; tries++ {
		begin := time.Now()
		p := startProcess(t, "FUALAB_DATA_DIR="+dir)
		best = min(best, time.Since(begin))
		if err := p.end(t, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("ready after %s", best)
	if best > most {
		t.Errorf("ready after %s at best, want at most %s", best, most)
	}
}

// TestSecondSignal: the first signal would wait for a minute.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "FUALAB_DATA_DIR="+t.TempDir(), "FUALAB_SHUTDOWN_DELAY_SECONDS=60")
	p.signal(t, syscall.SIGINT)
	<-p.out.has("Ctrl-C again quits at once")
	// The text may be printed before a second signal kills the program.
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(testwait.Patience); ; {
		select {
		case <-p.ended:
			if strings.Contains(p.out.String(), "stopped") {
				t.Error("it stopped in order")
			}
			return
		case <-again.C:
			_ = p.cmd.Process.Signal(syscall.SIGINT) // the process may have ended
		case <-deadline:
			t.Fatal("a second Ctrl-C does not end it")
		}
	}
}

// TestKilled: a killed process does not keep the next one from the data.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := startProcess(t, "FUALAB_DATA_DIR="+dir).end(t, syscall.SIGKILL); err == nil {
		t.Error("the killed process exits with 0")
	}
	if err := startProcess(t, "FUALAB_DATA_DIR="+dir).end(t, syscall.SIGINT); err != nil {
		t.Error(err)
	}
}

// process is the program in a separate process.
type process struct {
	cmd   *exec.Cmd
	out   output
	ended chan struct{}
	err   error // of its exit; valid once ended is closed
}

// startProcess returns when the program has printed its banner.
func startProcess(t *testing.T, environ ...string) *process {
	t.Helper()
	return startProcessIn(t, builtRepository(t), environ...)
}

func startProcessIn(t *testing.T, dir string, environ ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0]), ended: make(chan struct{})}
	p.cmd.Dir = dir
	// A developer's own settings must not reach the process.
	inherited := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, config.Prefix) })
	p.cmd.Env = slices.Concat(inherited, anyPort(), environ, []string{"FUALAB_TEST_LOCAL_MAIN=1"})
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { <-p.ended }) // the end of the test's context kills it
	select {
	case <-p.out.has(bannerEnd):
	case <-p.ended:
		t.Fatalf("the program ended before it was ready: %v\n%s", p.err, &p.out)
	case <-time.After(testwait.Patience):
		t.Fatalf("the program is not ready after %s\n%s", testwait.Patience, &p.out)
	}
	return p
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// end sends s and returns the error of the exit status.
func (p *process) end(t *testing.T, s os.Signal) error {
	t.Helper()
	p.signal(t, s)
	select {
	case <-p.ended:
		return p.err
	case <-time.After(20 * time.Second):
		t.Fatalf("the program still runs 20 s after %s\n%s", s, &p.out)
		return nil
	}
}

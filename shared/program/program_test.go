package program

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"done", t.Context(), nil, 0},
		{"told to stop", ended, fmt.Errorf("open: %w", context.Canceled), 0},
		{"failed while stopping", ended, errors.New("no"), 1},
		{"failed", t.Context(), errors.New("no"), 1},
		{"cancelled by itself", t.Context(), context.Canceled, 1},
		{"settings", t.Context(), fmt.Errorf("load: %w", &config.Error{}), 2},
		{"status", t.Context(), Status(3), 3},
		{"usage", t.Context(), UsageError("unknown command"), 2},
	} {
		if got := exitCode(tt.ctx, tt.err); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestMain is also the program of TestSecondSignal, which ignores the first
// signal and hangs.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "hang" {
		Main("hang", nil, func(ctx context.Context, _, _ []string, stdout, _ io.Writer) error {
			_, _ = fmt.Fprintln(stdout, "ready")
			<-ctx.Done()
			select {}
		})
	}
	os.Exit(m.Run())
}

// TestSecondSignal proves that a second signal ends a hanging program.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "hang")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("it says %q, %v", line, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the test reads the state of the process
	}()
	for {
		_ = cmd.Process.Signal(syscall.SIGINT) // fails once it has ended
		select {
		case <-ended:
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
				t.Errorf("it ended with %s, not with the second signal", cmd.ProcessState)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

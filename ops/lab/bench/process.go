package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a separate program that serves HTTP, as in production.
type process struct {
	url   string
	ready time.Duration // from its start to its first successful response
	cmd   *exec.Cmd
	stop  func() error // ends it in order
}

// startProcess starts a program, passes its listening address to command, and
// waits until path returns a success. It discards the program's log.
func startProcess(ctx context.Context, path string, command func(addr string) *exec.Cmd) (*process, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{url: "http://" + addr, cmd: command(addr)}
	name := filepath.Base(p.cmd.Path)
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = p.cmd.Wait() // the exit status after a signal means nothing
		close(ended)
	}()
	p.stop = func() error { return p.end(name, ended) }
	if err := p.await(ctx, path, ended); err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not become ready: %w", name, err), p.stop())
	}
	p.ready = time.Since(begin)
	return p, nil
}

// freeAddr returns an address without a listener.
func freeAddr(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

func (p *process) await(ctx context.Context, path string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for {
		if answers(ctx, p.url+path) {
			return nil
		}
		select {
		case <-ended:
			return errors.New("it ended; start it by hand with FUALAB_LOG_LEVEL to see the reason")
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := sender.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// end asks the program to end, and kills it if it does not.
func (p *process) end(name string, ended <-chan struct{}) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil //nolint:nilerr // the program has already ended, which was reported
	}
	select {
	case <-ended:
		return nil
	case <-time.After(answerTimeout):
		return errors.Join(fmt.Errorf("%s does not end", name), p.cmd.Process.Kill())
	}
}

// cpu returns the processor time that the program has used, its threads' own
// and the kernel's for it (proc_pid_stat(5)).
func (p *process) cpu() (time.Duration, error) {
	stat, err := p.proc("stat")
	if err != nil {
		return 0, err
	}
	// The name before it is in brackets, and may contain any text.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const utime, stime, tick = 11, 12, time.Second / 100 // USER_HZ is 100 on every Linux
	var ticks time.Duration
	for _, i := range []int{utime, stime} {
		n, err := strconv.Atoi(string(fields[i]))
		if err != nil {
			return 0, err
		}
		ticks += time.Duration(n)
	}
	return ticks * tick, nil
}

// memory returns a line of the program's status in megabytes: VmRSS is the
// resident memory, VmHWM its maximum.
func (p *process) memory(line string) (float64, error) {
	status, err := p.proc("status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), line+":")
	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0, fmt.Errorf("no %s in its status: %w", line, err)
	}
	return kilobytes * 1024 / 1e6, nil
}

func (p *process) proc(file string) ([]byte, error) {
	return os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file)) //nolint:gosec // a constant
}

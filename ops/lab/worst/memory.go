package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// limitMemory creates a control group that limits a program's memory to bytes, and returns its directory.
func limitMemory(program string, bytes int64) (string, error) {
	root, file := "/sys/fs/cgroup", "memory.max"
	if _, err := os.Stat(filepath.Join(root, "memory")); err == nil { // version 1
		root, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
	}
	group := filepath.Join(root, fmt.Sprintf("fualab-worst-%s-%d", program, os.Getpid()))
	if err := os.Mkdir(group, 0o750); err != nil {
		return "", fmt.Errorf("make a control group: %w; run as root on Linux", err)
	}
	if err := os.WriteFile(filepath.Join(group, file), []byte(strconv.FormatInt(bytes, 10)), 0o600); err != nil {
		_ = os.Remove(group)
		return "", fmt.Errorf("limit the memory of a control group: %w", err)
	}
	return group, nil
}

// forgetPeak resets the peak of the resident bytes.
func (s *service) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0)
}

// resident returns the peak of the service's resident bytes, or an error once the service has ended.
func (s *service) resident() (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has ended and has no memory", s.cmd.Process.Pid)
}

// freeAddress returns a loopback address without a listener.
func freeAddress(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

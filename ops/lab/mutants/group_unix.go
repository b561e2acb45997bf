//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// inGroup makes a command run in its own process group, which ends with the
// command's context. The returned function ends the remaining processes.
func inGroup(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	kill := func() error {
		if cmd.Process == nil {
			return nil
		}
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	cmd.Cancel = kill
	return func() { _ = kill() }
}

// limitMemory limits the memory of each process that this one starts, because a
// mutant may allocate without end.
func limitMemory() {
	limit := syscall.Rlimit{Cur: 4 << 30, Max: 4 << 30}
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &limit) // without it, the machine's own limit holds
}

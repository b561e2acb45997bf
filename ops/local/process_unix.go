//go:build unix

package main

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// group gives cmd a process group, so that its child processes end with it:
// npm runs Node, and Node runs further programs.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGTERM) }
}

// killGroup kills the rest of cmd's group after cmd itself has ended.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // the group may be empty
	}
}

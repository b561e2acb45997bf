//go:build unix

package main

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// group gives cmd a process group, so that what it starts ends with it: npm
// runs Node, and that more of it.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGTERM) }
}

// killGroup ends what is left of cmd's group when cmd itself has ended.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // none may be left
	}
}

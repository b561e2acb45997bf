//go:build linux

package main

import "syscall"

// groupOf gives a program a process group, and ends it with this one.
func groupOf() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

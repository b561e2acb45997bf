//go:build linux

package main

import "syscall"

// groupOf gives a program a process group, and makes it end with this program.
func groupOf() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

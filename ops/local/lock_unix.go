//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// errLocked is the error of tryLock when another process has the lock.
const errLocked = unix.EWOULDBLOCK

// tryLock locks f for this process, or fails at once.
func tryLock(f *os.File) error {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// errLocked is the error of tryLock when another process has the lock.
const errLocked = windows.ERROR_LOCK_VIOLATION

// tryLock locks f for this process, or fails at once. The locked byte is far
// beyond the end, so other processes can read the content.
func tryLock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
}

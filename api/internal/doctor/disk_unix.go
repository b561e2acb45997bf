//go:build linux || darwin

package doctor

import "syscall"

// freeBytes is what a user without privileges may still write in dir.
func freeBytes(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return fs.Bavail * uint64(fs.Bsize), nil //nolint:gosec // a block's size is positive
}

//go:build unix && !netbsd && !openbsd && !solaris && !illumos && !aix

package database

import "golang.org/x/sys/unix"

func disk(dir string) (free, size uint64, known bool) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, 0, false
	}
	block := uint64(s.Bsize)                                //nolint:gosec // a size
	return uint64(s.Bavail) * block, s.Blocks * block, true //nolint:unconvert // other systems have other types
}

// mayWrite returns the reason why this process may not write the file at path,
// or nil.
func mayWrite(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}

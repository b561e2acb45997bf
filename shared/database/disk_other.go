//go:build !unix || netbsd || openbsd || solaris || illumos || aix

package database

func disk(string) (free, size uint64, known bool) { return 0, 0, false }

func mayWrite(string) error { return nil } // SQLite reports it itself

package main

import (
	"io/fs"
	"time"
)

// inputs are the sources of the client, relative to frontend. A directory
// includes all its files.
var inputs = []string{"package.json", "package-lock.json", "index.html", "vite.config.ts", "tsconfig*.json", "src", "public"}

// stale reports whether the client in sources is not built, or is older than
// the newest change of its inputs.
func stale(sources fs.FS) bool {
	built, err := fs.Stat(sources, builtPage)
	if err != nil {
		return true
	}
	for _, pattern := range inputs {
		names, _ := fs.Glob(sources, pattern) // the patterns are well-formed
		for _, name := range names {
			if newest(sources, name).After(built.ModTime()) {
				return true
			}
		}
	}
	return false
}

// newest returns the time of the last change of name and all files below it.
// The time of a directory shows that a file was deleted.
func newest(files fs.FS, name string) time.Time {
	var last time.Time
	// The build reports an unreadable file.
	_ = fs.WalkDir(files, name, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		if info, err := entry.Info(); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
		return nil
	})
	return last
}

// uninstalled reports whether the client's packages must be installed first.
// npm writes the file in node_modules last, so an interrupted installation does
// not count.
func uninstalled(sources fs.FS) bool {
	installed, err := fs.Stat(sources, "node_modules/.package-lock.json")
	return err != nil || newest(sources, "package-lock.json").After(installed.ModTime())
}

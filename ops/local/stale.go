package main

import (
	"io/fs"
	"time"
)

// inputs are what the client is built from, seen from frontend; a directory
// stands for all that is in it.
var inputs = []string{"package.json", "package-lock.json", "index.html", "vite.config.ts", "tsconfig*.json", "src", "public"}

// stale reports whether the client in sources is not built, or was built
// before the newest change of what it is built from.
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

// newest returns the time of the last change of name and all below it. That
// of a directory tells of files that are gone.
func newest(files fs.FS, name string) time.Time {
	var last time.Time
	// What cannot be read is for the build to complain of.
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

// uninstalled reports whether what the client depends on has to be installed
// first. npm writes the file in node_modules last, so an installation that
// was cut short does not count.
func uninstalled(sources fs.FS) bool {
	installed, err := fs.Stat(sources, "node_modules/.package-lock.json")
	return err != nil || newest(sources, "package-lock.json").After(installed.ModTime())
}

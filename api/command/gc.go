package command

import (
	"runtime/debug"
	"slices"
	"strings"
)

const (
	gcPercent = 400
	gcBase    = 48 << 20 // the memory beside the cache from which on garbage is collected more often
)

// tuneGC trades memory for processor time. A request leaves a few KiB of
// garbage and the process keeps little. So Go's own setting would collect a
// dozen times a second under load. The memory limit restores Go's setting as
// the process grows. It is at most three quarters of GOMEMLIMIT, so that the
// rest has room for SQLite's memory, which is outside Go's heap. GOGC overrides
// both.
func tuneGC(cacheBytes int64, environ []string) {
	if slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, "GOGC=") }) {
		return
	}
	debug.SetGCPercent(gcPercent)
	own, given := gcBase+cacheBytes+cacheBytes/2, debug.SetMemoryLimit(-1) // -1 only reads it
	debug.SetMemoryLimit(min(own, given/4*3))
}

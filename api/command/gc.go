package command

import (
	"runtime/debug"
	"slices"
	"strings"
)

const (
	gcPercent = 400
	gcBase    = 48 << 20 // bytes that the process may take beside the cache before garbage is collected sooner
)

// tuneGC trades memory for processor time: a request leaves a few KiB of
// garbage and the process keeps little, so that Go's own setting would collect
// a dozen times a second under load. The memory limit brings that setting back
// as the process grows. It is at most three quarters of GOMEMLIMIT, so that
// SQLite's memory, which is outside of Go's heap, fits in the rest. GOGC wins
// over both.
func tuneGC(cacheBytes int64, environ []string) {
	if slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, "GOGC=") }) {
		return
	}
	debug.SetGCPercent(gcPercent)
	own, given := gcBase+cacheBytes+cacheBytes/2, debug.SetMemoryLimit(-1) // -1 only reads it
	debug.SetMemoryLimit(min(own, given/4*3))
}

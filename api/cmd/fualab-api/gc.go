package main

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
// as the process grows. Go's variables GOGC and GOMEMLIMIT win.
func tuneGC(cacheBytes int64, environ []string) {
	set := func(name string) bool {
		return slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, name+"=") })
	}
	if set("GOGC") || set("GOMEMLIMIT") {
		return
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(gcBase + cacheBytes + cacheBytes/2)
}

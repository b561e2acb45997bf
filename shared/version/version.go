// Package version tells which build is running.
package version

import (
	"runtime/debug"
	"sync"
)

// Version is stamped by the linker (-X …/shared/version.Version=v1.2.3). A
// build without the stamp, such as `go run`, reports its VCS revision.
var Version string

// String returns the stamped version, else "dev+<revision>", else "dev".
var String = sync.OnceValue(func() string {
	if Version != "" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "dev+" + s.Value[:12]
			}
		}
	}
	return "dev"
})

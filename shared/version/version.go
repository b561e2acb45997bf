// Package version identifies the running build.
package version

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// The linker sets these in a release build (-X
// …/shared/version.Version=v1.2.3). Otherwise, as with `go run`, the values
// come from Go's build settings.
var (
	Version    string // of the service's module
	Commit     string // full id of the built commit
	CommitTime string // of that commit, RFC 3339 in UTC
)

// Build identifies a program's source.
type Build struct {
	Version    string // never empty: "dev+<revision>" without a stamp, "dev" without a revision
	Commit     string // "" if unknown
	CommitTime string // "" if unknown
}

// Get returns the running build.
var Get = sync.OnceValue(func() Build {
	settings := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
	}
	return build(settings)
})

// build prefers the linker's values to Go's build settings.
func build(settings map[string]string) Build {
	b := Build{
		Version:    Version,
		Commit:     cmp.Or(Commit, settings["vcs.revision"]),
		CommitTime: cmp.Or(CommitTime, settings["vcs.time"]),
	}
	if b.Version == "" {
		b.Version = "dev"
		if len(b.Commit) >= 12 {
			b.Version += "+" + b.Commit[:12]
		}
	}
	return b
}

// String returns the version alone.
func String() string { return Get().Version }

// Line is the output of the program called name for its version.
func Line(name string) string {
	b, from := Get(), ""
	if b.Commit != "" {
		from = ", commit " + b.Commit
	}
	if b.CommitTime != "" {
		from += " of " + b.CommitTime
	}
	return fmt.Sprintf("%s %s (%s%s)", name, b.Version, runtime.Version(), from)
}

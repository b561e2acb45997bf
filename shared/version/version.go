// Package version tells which build is running.
package version

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// What a release build stamps by the linker (-X …/shared/version.Version=v1.2.3).
// A build without stamps, such as `go run`, reports what Go's own say.
var (
	Version    string // of the service's module
	Commit     string // full id of the commit it was built from
	CommitTime string // of that commit, RFC 3339 in UTC
)

// Build tells what a program was built from.
type Build struct {
	Version    string // never empty: "dev+<revision>" without a stamp, "dev" without a revision
	Commit     string // "" if unknown
	CommitTime string // "" if unknown
}

// Get returns the build that is running.
var Get = sync.OnceValue(func() Build {
	settings := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
	}
	return build(settings)
})

// build prefers the stamps to Go's build settings.
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

// Line is what the program called name prints when it is asked for its version.
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

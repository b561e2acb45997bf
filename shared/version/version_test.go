package version

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuild(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	goStamps := map[string]string{"vcs.revision": revision, "vcs.time": "2026-01-02T03:04:05Z"}
	for _, tt := range []struct {
		name                string
		version, commit, at string // set by the linker
		settings            map[string]string
		want                Build
	}{
		{name: "no information", want: Build{Version: "dev"}},
		{name: "Go's own", settings: goStamps, want: Build{"dev+0123456789ab", revision, "2026-01-02T03:04:05Z"}},
		{name: "stamps win", version: "v1.2.3", commit: "c", at: "t", settings: goStamps, want: Build{"v1.2.3", "c", "t"}},
		{name: "a commit and no version", commit: revision, want: Build{"dev+0123456789ab", revision, ""}},
	} {
		Version, Commit, CommitTime = tt.version, tt.commit, tt.at
		if diff := cmp.Diff(tt.want, build(tt.settings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	Version, Commit, CommitTime = "", "", ""
}

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

func TestChangelog(t *testing.T) {
	t.Parallel()
	const head = "# Changelog of api\n\n"
	for name, test := range map[string]struct{ before, want, err string }{
		"unreleased becomes the section": {
			"## [Unreleased]\n\n### Added\n- a\n\n## [0.1.0] - 2026-11-01\n\n- b\n",
			"## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n- a\n\n## [0.1.0] - 2026-11-01\n\n- b\n", "",
		},
		"a section written beforehand gets its date": {
			"## [Unreleased]\n\n## [0.2.0]\n\n- a\n", "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n- a\n", "",
		},
		"changes in both":    {"## [Unreleased]\n- a\n\n## [0.2.0]\n- b\n", "", "both under"},
		"nothing to release": {"## [Unreleased]\n\n## [0.1.0] - 2026-11-01\n\n- b\n", "", "nothing to release"},
		"released already":   {"## [Unreleased]\n- a\n\n## [0.2.0] - 2026-11-01\n\n- b\n", "", "dated section"},
		"no heading":         {"- a\n", "", "no line"},
	} {
		got, err := release(head+test.before, "v0.2.0", day)
		switch {
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: %v, want %q", name, err, test.err)
		case test.err == "" && (err != nil || got != head+test.want):
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, head+test.want)
		}
	}
}

func TestSection(t *testing.T) {
	t.Parallel()
	const text = "# C\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n- a\n- b\n\n## [0.1.0]\n\n- c\n\n## [0.0.1] - 2026-01-01\n"
	if got, dated, err := section(text, "v0.2.0"); got != "- a\n- b" || !dated || err != nil {
		t.Errorf("0.2.0: %q, %t, %v", got, dated, err)
	}
	if got, dated, err := section(text, "v0.1.0"); got != "- c" || dated || err != nil {
		t.Errorf("0.1.0: %q, %t, %v", got, dated, err)
	}
	for _, version := range []string{"v0.0.1", "v0.3.0"} {
		if got, _, err := section(text, version); err == nil {
			t.Errorf("%s: %q, want an error", version, got)
		}
	}
}

func TestParseTag(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"api/v0.1.0": true, "shared/v1.2.3-rc.1": true, "worker/v0.1": false, "v0.1.0": false, "ops/v0.1.0": false,
		"api/v0.1.0+build": false, "api/0.1.0": false, "api/": false, "api/v0.1.0 ; rm": false, "": false,
	} {
		if _, _, err := parseTag(tag); (err == nil) != want {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

// TestTag: the tag stands on main's commit of the release, which a merge may
// have made anew, and on no commit after it.
func TestTag(t *testing.T) {
	t.Parallel()
	r := &repository{dir: t.TempDir(), out: t.Output()}
	r.git(t, "init", "--quiet", "--initial-branch=main")
	r.git(t, "config", "user.name", "test")
	r.git(t, "config", "user.email", "test@example.com")
	if err := os.Mkdir(r.path("api"), 0o700); err != nil {
		t.Fatal(err)
	}
	var commits []string
	for _, text := range []string{"## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n- a\n", "## [Unreleased]\n\n- b\n\n## [0.2.0] - 2026-12-01\n\n- a\n"} {
		if err := os.WriteFile(r.path("api/CHANGELOG.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.git(t, "add", "--all")
		r.commit(t, "one more")
		commits = append(commits, r.git(t, "rev-parse", "HEAD"))
	}
	if err := r.tag(t.Context(), "api/v0.3.0"); err == nil || !strings.Contains(err.Error(), "has no section 0.3.0") {
		t.Errorf("%v", err)
	}
	if err := r.tag(t.Context(), "api/v0.2.0"); err != nil {
		t.Fatal(err)
	}
	if got := r.git(t, "rev-parse", "api/v0.2.0^{commit}"); got != commits[1] {
		t.Errorf("it stands on %s of %q", got, commits)
	}
	if err := r.tag(t.Context(), "api/v0.2.0"); err == nil || !strings.Contains(err.Error(), "never moves") {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                                   "not understood",
		"publish":                            "no command",
		"prepare -module api":                "prepare wants -version",
		"prepare -module ops -version 1.0.0": "none of the modules",
		"notes -tag api/v0.1.0 more":         "no option",
		"promote -registry r -repository o/r -tag t -wait 1m": "",
	} {
		_, _, err := parse(strings.Fields(args))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	apiImage    = "r.example.com/fualab/api@sha256:" + strings.Repeat("a", 64)
	workerImage = "r.example.com/fualab/worker@sha256:" + strings.Repeat("b", 64)
)

func both() map[string]string { return map[string]string{"api": apiImage, "worker": workerImage} }

func TestSign(t *testing.T) {
	calls := fakes(t, map[string]string{"cosign": ""})
	r := &repository{dir: t.TempDir(), out: t.Output()}
	if err := r.sign(t.Context(), writeRecord(t, record{Name: "main-1", Images: both()})); err != nil {
		t.Fatal(err)
	}
	want := "cosign sign --yes --recursive " + apiImage + "\ncosign sign --yes --recursive " + workerImage + "\n"
	if got := calls(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestVerify: whatever is not signed by cd-build on main is not deployed.
func TestVerify(t *testing.T) {
	file := writeRecord(t, record{Name: "main-1", Images: both()})
	for _, test := range []struct{ name, cosign, gh, repository, file, release, want string }{
		{"signed and attested", "exit 0", "exit 0", "fualab/fualab", file, "main-1", ""},
		{"not signed", "exit 1", "exit 0", "fualab/fualab", file, "main-1", "api is not signed"},
		{"one not signed", `case "$*" in *worker*) exit 1;; esac`, "exit 0", "fualab/fualab", file, "main-1", "worker is not signed"},
		{"no provenance", "exit 0", "exit 1", "fualab/fualab", file, "main-1", "api has no provenance"},
		{"another record", "exit 0", "exit 0", "fualab/fualab", file, "main-2", `the record of "main-1" was found under "main-2"`},
		{"no repository", "exit 0", "exit 0", "fualab/fualab; true", file, "main-1", "is no repository"},
		{"by tag", "exit 0", "exit 0", "fualab/fualab", writeRecord(t, record{Name: "main-1", Images: map[string]string{"api": "r/api:v1"}}), "main-1", "by digest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := fakes(t, map[string]string{"cosign": test.cosign, "gh": test.gh})
			r := &repository{dir: t.TempDir(), out: t.Output()}
			err := r.verify(t.Context(), options{record: test.file, repository: test.repository, name: test.release})
			if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
			if err != nil {
				return
			}
			for _, want := range []string{
				"--certificate-identity https://github.com/fualab/fualab/.github/workflows/cd-build.yml@refs/heads/main " + apiImage,
				"gh attestation verify oci://" + workerImage + " --repo fualab/fualab --signer-workflow fualab/fualab/.github/workflows/cd-build.yml",
			} {
				if !strings.Contains(calls(), want) {
					t.Errorf("not called: %s\n%s", want, calls())
				}
			}
		})
	}
}

// TestForward: a build that ends late does not undo a later one.
func TestForward(t *testing.T) {
	t.Parallel()
	r := &repository{dir: t.TempDir(), out: t.Output()}
	r.git(t, "init", "--quiet", "--initial-branch=main")
	r.git(t, "config", "user.name", "test")
	r.git(t, "config", "user.email", "test@example.com")
	var commits []string
	for range 2 {
		r.commit(t, "one more")
		commits = append(commits, r.git(t, "rev-parse", "HEAD"))
	}
	for name, test := range map[string]struct{ now, next, want string }{
		"none runs":  {"", commits[0], ""},
		"the same":   {commits[0], commits[0], ""},
		"a newer":    {commits[0], commits[1], ""},
		"an older":   {commits[1], commits[0], "run the workflow rollback"},
		"an unknown": {strings.Repeat("0", 40), commits[0], "rev-list"},
	} {
		err := r.forward(t.Context(), record{Name: "next", Commit: test.next}, writeRecord(t, record{Name: "now", Commit: test.now}))
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	file, log := writeRecord(t, record{Name: "main-1", Version: "main-0", Images: both()}), filepath.Join(t.TempDir(), "log")
	for text, want := range map[string]string{
		"dev: main-0 → main-1\n→ smoke test\n  at http://192.0.2.1:8000\ndev runs main-1 after 3m2s\n": "| main-1 | released |\n| --- | --- |\n| version | main-0 |\n| duration | 3m2s |\n| address | http://192.0.2.1:8000 |\n| api | `sha256:",
		"FAILED: services\n": "| main-1 | **failed**: what ran before runs |",
	} {
		if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := (&repository{out: &got}).summary(file, log); err != nil || !strings.HasPrefix(got.String(), want) {
			t.Errorf("%v\n%s\nwant\n%s", err, got.String(), want)
		}
	}
}

package main

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	apiImage    = "r.example.com/fualab/api@sha256:" + strings.Repeat("a", 64)
	workerImage = "r.example.com/fualab/worker@sha256:" + strings.Repeat("b", 64)
)

// TestVerify: an image that cd-build on main has not signed for the sources of
// the record's commit is not deployed, however the record came by it.
func TestVerify(t *testing.T) {
	r, address, signer := clone(t), newRegistry(t), newSigstore(t)
	older := signer.release(t, r, address, "", push(t, make(map[string]int)))
	r.edit(t, "api/Dockerfile", "EXPOSE 8000", "EXPOSE 8000 8002")
	r.commit(t, "api: a port")
	good := signer.release(t, r, address, "", push(t, make(map[string]int)))
	changed := func(change func(r *record)) record {
		r := good
		r.Images = maps.Clone(good.Images)
		change(&r)
		return r
	}
	for name, test := range map[string]struct {
		record     record
		repository string
		release    string
		want       string
	}{
		"signed and attested":           {record: good, release: good.Name},
		"found without a name":          {record: good},
		"an image of other sources":     {record: changed(func(r *record) { r.Images["api"] = older.Images["api"] }), want: "api is an image of other sources"},
		"the commit of other sources":   {record: changed(func(r *record) { r.Commit = older.Commit }), want: "api is an image of other sources"},
		"the other service's image":     {record: changed(func(r *record) { r.Images["worker"] = r.Images["api"] }), want: "worker is an image of other sources"},
		"an image that nobody signed":   {record: changed(func(r *record) { r.Images["worker"] = workerImage }), want: "worker is not signed"},
		"an unknown commit":             {record: changed(func(r *record) { r.Commit = strings.Repeat("0", 40) }), want: "is not in this clone"},
		"another record":                {record: good, release: "main-2", want: "was found under"},
		"no repository":                 {record: good, repository: "fualab/fualab; true", want: "is no repository"},
		"by tag":                        {record: changed(func(r *record) { r.Images["api"] = "r/api:v1" }), want: "by digest"},
		"none":                          {want: "name a release"},
		"a record that says it is good": {record: changed(func(r *record) { r.Images["api"], r.Verified = apiImage, home }), want: "api is not signed"},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "verified.json")
			if err := os.WriteFile(out, []byte("of before"), 0o600); err != nil {
				t.Fatal(err)
			}
			err := r.verify(t.Context(), options{record: writeRecord(t, test.record), repository: cmp.Or(test.repository, home), name: test.release, out: out})
			if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
			text, read := os.ReadFile(out)
			if err != nil {
				if !errors.Is(read, os.ErrNotExist) {
					t.Errorf("a verified record is there: %v\n%s", read, text)
				}
				return
			}
			got, err := parseRecord(text)
			if err != nil || got.Verified != home || got.Images["api"] != good.Images["api"] {
				t.Errorf("verified: %v\n%s", err, text)
			}
		})
	}
}

// TestVerifyWantsTheWorkflowOnMain holds what the programs are asked.
func TestVerifyWantsTheWorkflowOnMain(t *testing.T) {
	r := clone(t)
	calls := fakes(t, map[string]string{"cosign": "", "gh": "echo r.example.com/fualab/api@" + r.git(t, "rev-parse", "HEAD")})
	if err := r.verified(t.Context(), home, "api", apiImage, "HEAD"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--certificate-oidc-issuer https://token.actions.githubusercontent.com --certificate-identity https://github.com/fualab/fualab/.github/workflows/cd-build.yml@refs/heads/main " + apiImage,
		"gh attestation verify oci://" + apiImage + " --repo fualab/fualab --signer-workflow fualab/fualab/.github/workflows/cd-build.yml --source-ref refs/heads/main",
	} {
		if !strings.Contains(calls(), want) {
			t.Errorf("not called: %s\n%s", want, calls())
		}
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
	file, log := writeRecord(t, record{Name: "main-1", Version: "main-0", Images: map[string]string{"api": apiImage, "worker": workerImage}}), filepath.Join(t.TempDir(), "log")
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

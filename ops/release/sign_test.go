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
		"an image of something else":    {record: changed(func(r *record) { r.Images["cron"] = apiImage }), want: "no part of the platform"},
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

// TestVerifyWantsTheWorkflowOnMain holds the arguments of the programs.
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

// TestVerifyWithoutAttestations: the certificate of the signature names the
// commit, and the image itself proves nothing.
func TestVerifyWithoutAttestations(t *testing.T) {
	r, address, signer := clone(t), newRegistry(t), newSigstore(t)
	older := signer.release(t, r, address, "", push(t, make(map[string]int)))
	r.edit(t, "api/Dockerfile", "EXPOSE 8000", "EXPOSE 8000 8002")
	r.commit(t, "api: a port")
	made := signer.release(t, r, address, "", push(t, make(map[string]int)))
	r.unattested = true
	calls := fakes(t, map[string]string{"cosign": "[ ! -e " + filepath.Join(r.dir, "refused") + " ]", "gh": "exit 1"})
	if err := r.verified(t.Context(), home, "api", made.Images["api"], made.Commit); err != nil {
		t.Fatal(err)
	}
	if want := "--certificate-github-workflow-sha " + made.Commit + " " + made.Images["api"]; !strings.Contains(calls(), want) {
		t.Errorf("not called: %s\n%s", want, calls())
	}
	for name, test := range map[string]struct{ service, image, want string }{
		"an image of other sources":  {"api", older.Images["api"], "api is an image of other sources: cd-build signed it for " + older.Commit},
		"the other service's image":  {"worker", made.Images["api"], "is not an image of worker"},
		"an image that is not there": {"api", strings.Replace(made.Images["api"], "@sha256:", "@sha256:"+strings.Repeat("0", 8), 1)[:len(made.Images["api"])], ""},
	} {
		err := r.verified(t.Context(), home, test.service, test.image, made.Commit)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, "refused"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.verified(t.Context(), home, "api", made.Images["api"], made.Commit); err == nil || !strings.Contains(err.Error(), "api is not signed by cd-build on main for "+made.Commit) {
		t.Errorf("%v", err)
	}
}

// TestShape: a rollback takes the Terraform that was applied with the release
// that runs, files that main has added since are gone, and the program stays.
func TestShape(t *testing.T) {
	t.Parallel()
	r := &repository{dir: t.TempDir(), out: t.Output()}
	r.git(t, "init", "--quiet", "--initial-branch=main")
	r.git(t, "config", "user.name", "test")
	r.git(t, "config", "user.email", "test@example.com")
	files := func(texts map[string]string) {
		for name, text := range texts {
			if err := errors.Join(os.MkdirAll(filepath.Dir(r.path(name)), 0o700), os.WriteFile(r.path(name), []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		r.git(t, "add", "--all")
		r.commit(t, "one more")
	}
	files(map[string]string{"infra/terraform-ecs/ecs.tf": "applied", "infra/deploy/main.go": "old"})
	applied := r.git(t, "rev-parse", "HEAD")
	files(map[string]string{"infra/terraform-ecs/ecs.tf": "merged", "infra/terraform-ecs/new.tf": "merged", "infra/deploy/main.go": "new"})
	now := record{Name: "main-1", Commit: applied, Images: map[string]string{"api": apiImage, "worker": workerImage}}
	if err := r.shape(t.Context(), writeRecord(t, now), filepath.Join(r.dir, "bin", "stack")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"infra/terraform-ecs/ecs.tf": "applied", "infra/terraform-ecs/new.tf": "", "infra/deploy/main.go": "new"} {
		if text, err := os.ReadFile(r.path(name)); string(text) != want || (want == "") != errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %q, %v, want %q", name, text, err, want)
		}
	}
	if text, err := os.ReadFile(r.path("bin", "stack")); string(text) != applied {
		t.Errorf("the commit of the stack is %q, %v", text, err)
	}
	// The applied commit is not always the images' commit.
	now.Commit, now.Stack = applied, r.git(t, "rev-parse", "HEAD")
	if err := r.shape(t.Context(), writeRecord(t, now), ""); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(r.path("infra/terraform-ecs/ecs.tf")); string(text) != "merged" {
		t.Errorf("%q, %v", text, err)
	}
	now.Stack = "HEAD; true"
	if err := r.shape(t.Context(), writeRecord(t, now), filepath.Join(r.dir, "bin", "stack")); err == nil || !strings.Contains(err.Error(), "has no commit") {
		t.Errorf("%v", err)
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

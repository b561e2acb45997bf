package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/schema"
)

// TestPair: a version of one service goes beside the other that runs, each
// verified for the sources of its own commit; both go together.
func TestPair(t *testing.T) {
	r, address, signer := clone(t), newRegistry(t), newSigstore(t)
	build := push(t, make(map[string]int))
	first := signer.release(t, r, address, "", build)
	tag := func(service, version string) {
		t.Helper()
		r.git(t, "tag", service+"/"+version)
		if err := r.promote(t.Context(), address, home, service+"/"+version, 0); err != nil {
			t.Fatal(err)
		}
	}
	tag("worker", "v0.1.0")
	platform, product, _ := strings.Cut(schema.Version, ".")
	r.edit(t, "shared/schema/schema.go", `const platform = "`+platform+`"`, `const platform = "9000"`)
	r.commit(t, "shared: a migration")
	second := signer.release(t, r, address, "", build)
	tag("api", "v0.2.0")
	tag("worker", "v0.2.0")
	out := filepath.Join(t.TempDir(), "release.json")
	pair := func(now record, o options) (record, error) {
		t.Helper()
		o.current, o.out = writeRecord(t, now), out
		if err := r.pair(t.Context(), o); err != nil {
			return record{}, err
		}
		made, err := read(out)
		if err == nil {
			err = r.verify(t.Context(), options{record: out, repository: home})
		}
		return made, err
	}

	got, err := pair(first, options{api: "v0.2.0"})
	if err != nil {
		t.Fatal(err)
	}
	want := record{
		Name: "api-v0.2.0", Commit: second.Commit, Version: second.Version, Schema: "9000." + product,
		Images:  map[string]string{"api": second.Images["api"], "worker": first.Images["worker"], "frontend": second.Images["frontend"]},
		Commits: map[string]string{"api": second.Commit, "worker": first.Commit, "frontend": second.Commit},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The worker back, beside the pair that runs.
	if got, err = pair(got, options{worker: "v0.1.0"}); err != nil || got.Name != "worker-v0.1.0" || got.Images["api"] != second.Images["api"] || got.commit("worker") != first.Commit {
		t.Errorf("%v, %+v", err, got)
	}
	if got, err = pair(record{}, options{registry: address, api: "v0.2.0", worker: "v0.2.0"}); err != nil || got.Name != "api-v0.2.0-worker-v0.2.0" {
		t.Errorf("%v, %+v", err, got)
	}
	for name, test := range map[string]struct {
		now  record
		o    options
		want string
	}{
		"a worker before its migration": {first, options{worker: "v0.2.0"}, "the worker needs migration 9000." + product},
		"one of a stack without any":    {record{}, options{registry: address, api: "v0.2.0"}, "no worker runs yet"},
		"neither":                       {first, options{}, "wants -api, -worker or both"},
		"no version":                    {first, options{api: "main-1"}, "is no version"},
		"no tag":                        {first, options{api: "v0.3.0"}, "has no tag in this clone"},
	} {
		if _, err := pair(test.now, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	r.git(t, "tag", "api/v0.4.0")
	if _, err := pair(first, options{api: "v0.4.0"}); err == nil || !strings.Contains(err.Error(), "has release.yml promoted it?") {
		t.Errorf("a version without an image: %v", err)
	}
	// A pair that names another commit for an image is none that was built.
	lie := want
	lie.Commits = map[string]string{"api": first.Commit, "worker": first.Commit, "frontend": first.Commit}
	text, err := json.Marshal(lie)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.verify(t.Context(), options{record: out, repository: home}); err == nil || !strings.Contains(err.Error(), "api is an image of other sources") {
		t.Errorf("%v", err)
	}
}

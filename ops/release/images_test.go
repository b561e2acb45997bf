package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// newRegistry returns the address of an empty registry on loopback.
func newRegistry(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(t.Output(), "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// push is a builder of random images for two architectures, which counts.
func push(t *testing.T, built map[string]int) builder {
	return func(ctx context.Context, in images, service string, from source) (string, error) {
		t.Helper()
		built[service]++
		index := v1.ImageIndex(empty.Index)
		for _, architecture := range []string{"amd64", "arm64"} {
			image, err := random.Image(64, 2)
			if err != nil {
				return "", err
			}
			image, err = mutate.Config(image, v1.Config{Labels: map[string]string{"org.opencontainers.image.version": from.version}})
			if err != nil {
				return "", err
			}
			index = mutate.AppendManifests(index, mutate.IndexAddendum{
				Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
			})
		}
		digest, err := index.Digest()
		if err != nil {
			return "", err
		}
		return digest.String(), remote.WriteIndex(in.repository.Digest(digest.String()), index, asking(ctx)...)
	}
}

// TestImages builds what changed and only that, records it by digest, and
// promotes the very digest to a version.
func TestImages(t *testing.T) {
	t.Parallel()
	r, address := clone(t), newRegistry(t)
	r.out = &bytes.Buffer{}
	file, outputs := filepath.Join(t.TempDir(), "bin", "release.json"), filepath.Join(t.TempDir(), "outputs")
	built := make(map[string]int)
	images := func(name string) record {
		t.Helper()
		if err := r.images(t.Context(), imageOptions{address, name, file, outputs, push(t, built)}); err != nil {
			t.Fatal(err)
		}
		got, err := read(file)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}

	commit := r.git(t, "rev-parse", "HEAD")
	first := images("main-" + commit)
	if first.Version != "main-"+commit || first.Commit != commit || first.Schema == "" {
		t.Errorf("the record is %+v", first)
	}
	if diff := cmp.Diff(first, images("main-"+commit)); diff != "" {
		t.Errorf("the same commit again is another release:\n%s", diff)
	}
	r.edit(t, "worker/Dockerfile", "EXPOSE 8001", "EXPOSE 8001 8002")
	r.commit(t, "worker: a port")
	next := r.git(t, "rev-parse", "HEAD")
	second := images("main-" + next)
	if second.Images["api"] != first.Images["api"] || second.Version != first.Version {
		t.Errorf("the API has not changed, and is %+v instead of %+v", second, first)
	}
	if second.Images["worker"] == first.Images["worker"] {
		t.Error("the worker has changed, and its image has not")
	}
	if diff := cmp.Diff(map[string]int{"api": 1, "worker": 2}, built); diff != "" {
		t.Errorf("built (-want +got):\n%s", diff)
	}
	told, err := os.ReadFile(outputs)
	if err != nil || !strings.Contains(string(told), "registry="+address+"\napi=sha256:") {
		t.Errorf("the step's outputs: %v\n%s", err, told)
	}

	r.git(t, "tag", "worker/v0.1.0")
	if err := r.promote(t.Context(), address, "worker/v0.1.0", 0); err != nil {
		t.Fatal(err)
	}
	worker, err := newImages(address, "worker")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := worker.digest(t.Context(), "v0.1.0"); err != nil || !strings.HasSuffix(second.Images["worker"], "@"+got) || got == "" {
		t.Errorf("v0.1.0 is %q (%v), want %s", got, err, second.Images["worker"])
	}
	if err := r.promote(t.Context(), address, "worker/v0.1.0", 0); err != nil {
		t.Errorf("promoted again: %v", err)
	}
	if built["worker"] != 2 {
		t.Error("a promotion has built an image")
	}
	r.git(t, "tag", "--force", "worker/v0.1.0", commit)
	if err := r.promote(t.Context(), address, "worker/v0.1.0", 0); err == nil || !strings.Contains(err.Error(), "a tag never moves") {
		t.Errorf("another image under a released version: %v", err)
	}
	r.commit(t, "not built")
	r.git(t, "tag", "worker/v0.2.0")
	if err := r.promote(t.Context(), address, "worker/v0.2.0", 0); err == nil || !strings.Contains(err.Error(), "has cd-build built this commit?") {
		t.Errorf("a commit without an image: %v", err)
	}
}

// TestBuildx holds what docker is asked for: both architectures, by digest.
func TestBuildx(t *testing.T) {
	calls := fakes(t, map[string]string{"docker": `
while [ "$1" != --metadata-file ]; do shift; done
echo '{"containerimage.digest":"sha256:abc"}' >"$2"
[ "$SOURCE_DATE_EPOCH" = 1796119200 ]`})
	in, err := newImages("registry.example.com", "api")
	if err != nil {
		t.Fatal(err)
	}
	r := &repository{dir: t.TempDir(), out: t.Output()}
	got, err := r.buildx(true)(t.Context(), in, "api", source{"main-1", "1", day})
	if err != nil || got != "sha256:abc" {
		t.Fatalf("%q, %v", got, err)
	}
	for _, want := range []string{
		"--platform linux/amd64,linux/arm64", "--build-arg VERSION=main-1", "--build-arg COMMIT_TIME=2026-12-01T10:00:00Z",
		"name=registry.example.com/fualab/api,push-by-digest=true", "--sbom=true", "--provenance=mode=max",
	} {
		if !strings.Contains(calls(), want) {
			t.Errorf("docker was not asked for %q:\n%s", want, calls())
		}
	}
}

func writeRecord(t *testing.T, r record) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "release.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

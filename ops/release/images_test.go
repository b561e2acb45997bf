package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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
			image, err = mutate.Config(image, v1.Config{Labels: map[string]string{
				"org.opencontainers.image.version": from.version, "org.opencontainers.image.revision": from.commit,
			}})
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

const home = "fualab/fualab"

// sigstore stands in for cosign and gh: it knows the images that were signed,
// and the commits that they were attested to be built of.
type sigstore struct{ signed, attested string }

func newSigstore(t *testing.T) sigstore {
	t.Helper()
	dir := t.TempDir()
	s := sigstore{filepath.Join(dir, "signed"), filepath.Join(dir, "attested")}
	s.add(t, s.signed, "")
	s.add(t, s.attested, "")
	fakes(t, map[string]string{
		"cosign": `for image; do :; done
case $1 in
sign) echo "$image" >>` + s.signed + ` ;;
verify) grep -qxF "$image" ` + s.signed + ` ;;
esac`,
		"gh": `grep -F "$3 " ` + s.attested + ` | cut -d" " -f2 | grep .`,
	})
	return s
}

func (sigstore) add(t *testing.T, file, line string) {
	t.Helper()
	if err := write(file, []byte(line), os.O_APPEND); err != nil {
		t.Fatal(err)
	}
}

// attest adds the output of gh for an image: its repository, and a commit.
func (s sigstore) attest(t *testing.T, image, commit string) {
	t.Helper()
	repository, _, _ := strings.Cut(image, "@")
	s.add(t, s.attested, "oci://"+image+" "+repository+"@"+commit+"\n")
}

// has reports whether an image was signed.
func (s sigstore) has(t *testing.T, image string) bool {
	t.Helper()
	text, err := os.ReadFile(s.signed)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), image+"\n")
}

// release does the steps of cd-build for the commit that is checked out.
func (s sigstore) release(t *testing.T, r *repository, registry, outputs string, build builder) record {
	t.Helper()
	commit := r.git(t, "rev-parse", "HEAD")
	file := filepath.Join(t.TempDir(), "bin", "release.json")
	if err := r.images(t.Context(), imageOptions{registry, "main-" + commit, home, file, outputs, build}); err != nil {
		t.Fatal(err)
	}
	made, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range made.Built {
		s.attest(t, made.Images[service], commit)
	}
	if err := r.sign(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return made
}

// TestImages builds the changed images and only those, records them by digest, and
// promotes the very digest to a version.
func TestImages(t *testing.T) {
	r, address, signer := clone(t), newRegistry(t), newSigstore(t)
	r.out = &bytes.Buffer{}
	today := day
	r.now = func() time.Time { return today }
	outputs := filepath.Join(t.TempDir(), "outputs")
	built := make(map[string]int)
	images := func() record {
		t.Helper()
		return signer.release(t, r, address, outputs, push(t, built))
	}

	commit := r.git(t, "rev-parse", "HEAD")
	first := images()
	if first.Version != "main-"+commit || first.Commit != commit || first.Schema == "" {
		t.Errorf("the record is %+v", first)
	}
	again := images()
	if diff := cmp.Diff(first.Images, again.Images); diff != "" || len(first.Built) != 3 || len(again.Built) != 0 {
		t.Errorf("the same commit again built %v after %v, and is another release:\n%s", again.Built, first.Built, diff)
	}
	r.edit(t, "worker/Dockerfile", "EXPOSE 8001", "EXPOSE 8001 8002")
	r.commit(t, "worker: a port")
	second := images()
	if second.Images["api"] != first.Images["api"] || second.Version != first.Version {
		t.Errorf("the API has not changed, and is %+v instead of %+v", second, first)
	}
	if second.Images["worker"] == first.Images["worker"] {
		t.Error("the worker has changed, and its image has not")
	}
	if diff := cmp.Diff(map[string]int{"api": 1, "worker": 2, "frontend": 1}, built); diff != "" {
		t.Errorf("built (-want +got):\n%s", diff)
	}
	told, err := os.ReadFile(outputs)
	if err != nil || !strings.HasPrefix(string(told), "registry="+address+"\napi_built=true\napi=sha256:") || strings.Count(string(told), "api_built=") != 1 || strings.Count(string(told), "worker_built=") != 2 {
		t.Errorf("the step's outputs: %v\n%s", err, told)
	}

	r.git(t, "tag", "worker/v0.1.0")
	if err := r.promote(t.Context(), address, home, "worker/v0.1.0", 0); err != nil {
		t.Fatal(err)
	}
	worker, err := newImages(address, "worker")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := worker.digest(t.Context(), "v0.1.0"); err != nil || !strings.HasSuffix(second.Images["worker"], "@"+got) || got == "" {
		t.Errorf("v0.1.0 is %q (%v), want %s", got, err, second.Images["worker"])
	}
	if err := r.promote(t.Context(), address, home, "worker/v0.1.0", 0); err != nil {
		t.Errorf("promoted again: %v", err)
	}
	if built["worker"] != 2 {
		t.Error("a promotion has built an image")
	}
	// On the base images of the next week, under a name of its own: that of the commit is taken.
	today = day.AddDate(0, 0, 7)
	file := filepath.Join(t.TempDir(), "release.json")
	weekly := imageOptions{address, second.Name + "-1", home, file, "", push(t, built)}
	if err := r.images(t.Context(), weekly); err != nil {
		t.Fatal(err)
	}
	if renewed, err := read(file); err != nil || len(renewed.Built) != 3 || renewed.Version != second.Name+"-1" {
		t.Errorf("%v, %+v", err, renewed)
	}
	in, err := newImages(address, "worker")
	if err != nil {
		t.Fatal(err)
	}
	planted, err := push(t, make(map[string]int))(t.Context(), in, "worker", source{version: "evil"})
	if err != nil {
		t.Fatal(err)
	}
	r.commit(t, "not built, and an image is under its name")
	if err := in.tag(t.Context(), planted, "main-"+r.git(t, "rev-parse", "HEAD")); err != nil {
		t.Fatal(err)
	}
	r.git(t, "tag", "worker/v0.1.1")
	if err := r.promote(t.Context(), address, home, "worker/v0.1.1", 0); err == nil || !strings.Contains(err.Error(), "worker is not signed") {
		t.Errorf("a planted image was promoted: %v", err)
	}
	r.git(t, "tag", "--force", "worker/v0.1.0", commit)
	if err := r.promote(t.Context(), address, home, "worker/v0.1.0", 0); err == nil || !strings.Contains(err.Error(), "a tag never moves") {
		t.Errorf("another image under a released version: %v", err)
	}
	r.commit(t, "not built")
	r.git(t, "tag", "worker/v0.2.0")
	if err := r.promote(t.Context(), address, home, "worker/v0.2.0", 0); err == nil || !strings.Contains(err.Error(), "has cd-build built this commit?") {
		t.Errorf("a commit without an image: %v", err)
	}
}

// TestForeignImageIsBuiltAnew: a tag of the registry proves nothing. An image
// that cd-build has not signed, and one that it has signed for other sources,
// are neither taken nor vouched for.
func TestForeignImageIsBuiltAnew(t *testing.T) {
	r, signer := clone(t), newSigstore(t)
	commit := r.git(t, "rev-parse", "HEAD")
	r.edit(t, "api/Dockerfile", "EXPOSE 8000", "EXPOSE 8000 8002")
	r.commit(t, "api: a port")
	older, now := commit, r.git(t, "rev-parse", "HEAD")
	for name, test := range map[string]struct {
		signed   bool
		attested string
		taken    bool
	}{
		"planted":                       {},
		"signed alone":                  {signed: true},
		"attested alone":                {attested: now},
		"signed for older sources":      {signed: true, attested: older},
		"signed for an unknown commit":  {signed: true, attested: strings.Repeat("0", 40)},
		"signed for something else":     {signed: true, attested: "HEAD"},
		"signed for the same sources":   {signed: true, attested: now, taken: true},
		"signed for these, and for old": {signed: true, attested: now + " " + older, taken: true},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			r.out = &said
			in, err := newImages(newRegistry(t), "api")
			if err != nil {
				t.Fatal(err)
			}
			digest, err := push(t, make(map[string]int))(t.Context(), in, "api", source{version: "evil"})
			if err != nil {
				t.Fatal(err)
			}
			key, err := r.weekTag(t.Context(), "api", now)
			if err != nil {
				t.Fatal(err)
			}
			if err := in.tag(t.Context(), digest, key); err != nil {
				t.Fatal(err)
			}
			image := in.repository.Digest(digest).String()
			if test.signed {
				signer.add(t, signer.signed, image+"\n")
			}
			for commit := range strings.FieldsSeq(test.attested) {
				signer.attest(t, image, commit)
			}
			made := signer.release(t, r, in.repository.RegistryStr(), "", push(t, make(map[string]int)))
			if taken := made.Images["api"] == image; taken != test.taken || slices.Contains(made.Built, "api") == test.taken {
				t.Errorf("taken: %t, built: %v, wanted taken: %t\n%s", taken, made.Built, test.taken, said.String())
			}
			if signer.has(t, image) != test.signed || !signer.has(t, made.Images["api"]) {
				t.Error("the run has signed an image that it has not built, or not the one that it has")
			}
			// The run is repeated, and meets the same tag.
			again := signer.release(t, r, in.repository.RegistryStr(), "", push(t, make(map[string]int)))
			if diff := cmp.Diff(made.Images, again.Images); diff != "" {
				t.Errorf("repeated, it is another release:\n%s", diff)
			}
		})
	}
}

// TestBuildx holds the arguments of docker: both architectures, by digest.
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

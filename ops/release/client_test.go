package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// layer is a file system of name, text, name, text …
func layer(t *testing.T, files ...string) v1.Layer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(files[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestClient: the files that are deployed are those of the image that was
// verified, and nothing is written elsewhere.
func TestClient(t *testing.T) {
	t.Parallel()
	in, err := newImages(newRegistry(t), "frontend")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		layers []v1.Layer
		want   string // of the error
	}{
		"whole":        {layers: []v1.Layer{layer(t, "etc/x", "no", "srv/index.html", "old"), layer(t, "srv/index.html", "<html>", "srv/assets/a-1.js", "a()")}},
		"no client":    {layers: []v1.Layer{layer(t, "etc/x", "no")}, want: "has no web client in /srv/"},
		"a way out":    {layers: []v1.Layer{layer(t, "srv/index.html", "<html>", "srv/x/../../../outside", "no")}, want: ""},
		"too large":    {layers: []v1.Layer{layer(t, "srv/index.html", strings.Repeat("x", clientMost+1))}, want: "larger than"},
		"not an image": {want: "docker login first?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reference := in.repository.Digest("sha256:" + strings.Repeat("0", 64))
			if test.layers != nil {
				image, err := mutate.AppendLayers(empty.Image, test.layers...)
				if err != nil {
					t.Fatal(err)
				}
				digest, err := image.Digest()
				if err != nil {
					t.Fatal(err)
				}
				reference = in.repository.Digest(digest.String())
				if err := remote.Write(reference, image); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			out := filepath.Join(dir, "a", "client")
			if err := os.MkdirAll(filepath.Join(out, "of-before"), 0o700); err != nil {
				t.Fatal(err)
			}
			made := record{Name: "main-1", Images: map[string]string{"api": apiImage, "worker": workerImage, "frontend": reference.String()}}
			err := (&repository{out: t.Output()}).client(t.Context(), writeRecord(t, made), out)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q", err, test.want)
				}
				return
			}
			if _, outside := os.Stat(filepath.Join(dir, "outside")); outside == nil {
				t.Error("a file is written outside of the directory")
			}
			if name != "whole" {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for file, want := range map[string]string{"index.html": "<html>", "assets/a-1.js": "a()", "of-before": "", "x": ""} {
				if text, _ := os.ReadFile(filepath.Join(out, file)); string(text) != want {
					t.Errorf("%s: %q, want %q", file, text, want)
				}
			}
		})
	}
	// A record of before has none.
	out := filepath.Join(t.TempDir(), "client")
	made := record{Name: "main-1", Images: map[string]string{"api": apiImage, "worker": workerImage}}
	if err := (&repository{out: t.Output()}).client(t.Context(), writeRecord(t, made), out); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

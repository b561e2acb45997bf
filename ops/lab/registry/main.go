// Command registry serves an image registry from memory, and pushes images
// with hardly any content to a registry. It replaces
// `docker buildx build --push` in rehearsals without Docker.
//
//	registry serve 127.0.0.1:5000
//	registry push 127.0.0.1:5000/fualab/api main-0123abc      prints the digest
//	registry digest 127.0.0.1:5000/fualab/api:v0.2.0          prints the digest
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// timeout bounds a push and a query.
const timeout = time.Minute

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 2 && args[0] == "serve" {
		server := &http.Server{
			Addr: args[1], ReadHeaderTimeout: timeout, Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0))), //nolint:gosec // two arguments exist
		}
		return server.ListenAndServe()
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var digest v1.Hash
	var err error
	switch {
	case len(args) == 3 && args[0] == "push":
		digest, err = push(ctx, args[1], args[2]) //nolint:gosec // three arguments exist
	case len(args) == 2 && args[0] == "digest":
		digest, err = ask(ctx, args[1]) //nolint:gosec // two arguments exist
	default:
		err = errors.New("usage: registry serve ADDRESS | push REPOSITORY VERSION | digest IMAGE")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, digest)
	return err
}

// push pushes, by digest only, an image for two architectures with a version as
// its label.
func push(ctx context.Context, repository, version string) (v1.Hash, error) {
	page, err := webClient()
	if err != nil {
		return v1.Hash{}, err
	}
	index := v1.ImageIndex(empty.Index)
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
			OS: "linux", Architecture: architecture,
			Config: v1.Config{Labels: map[string]string{"org.opencontainers.image.version": version}},
		})
		if err != nil {
			return v1.Hash{}, err
		}
		if strings.HasSuffix(repository, "/frontend") {
			if image, err = mutate.AppendLayers(image, page); err != nil {
				return v1.Hash{}, err
			}
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
		})
	}
	digest, err := index.Digest()
	if err != nil {
		return v1.Hash{}, err
	}
	to, err := name.NewDigest(repository + "@" + digest.String())
	if err != nil {
		return v1.Hash{}, err
	}
	return digest, remote.WriteIndex(to, index, remote.WithContext(ctx))
}

// webClient is a layer with the page that a deployment looks for in the web
// client's image.
func webClient() (v1.Layer, error) {
	const text = "<!doctype html>\n"
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: "srv/index.html", Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))})
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
}

func ask(ctx context.Context, image string) (v1.Hash, error) {
	reference, err := name.ParseReference(image)
	if err != nil {
		return v1.Hash{}, err
	}
	found, err := remote.Head(reference, remote.WithContext(ctx))
	if err != nil {
		return v1.Hash{}, err
	}
	return found.Digest, nil
}

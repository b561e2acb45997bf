package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// served is the directory of the web client's files in its image.
const served = "srv/"

// clientMost bounds the web client's files, in bytes.
const clientMost = 64 << 20

// client writes the web client's files out of its image, which the record has
// by digest, into a directory that is empty before. A record without such an
// image leaves it so.
func (r *repository) client(ctx context.Context, file, out string) error {
	made, err := read(file)
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(out), os.MkdirAll(out, 0o750)); err != nil {
		return err
	}
	if made.Images["frontend"] == "" {
		r.say("%s has no web client", made.Name)
		return nil
	}
	reference, err := name.NewDigest(made.Images["frontend"])
	if err != nil {
		return err
	}
	// Its files are the same for each platform.
	image, err := remote.Image(reference, append(asking(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"}))...)
	if err != nil {
		return fmt.Errorf("get %s (docker login first?): %w", reference, err)
	}
	content := mutate.Extract(image)
	n, err := extract(content, out)
	if err := errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("%s: %w", reference, err)
	}
	r.say("the web client of %s: %d files in %s", made.Name, n, out)
	return nil
}

// extract writes the files below served into a directory, and counts them.
func extract(content io.Reader, out string) (n int, err error) {
	dir, err := os.OpenRoot(out)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	left := int64(clientMost)
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, err
		}
		path, below := strings.CutPrefix(strings.TrimPrefix(header.Name, "/"), served)
		if !below || header.Typeflag != tar.TypeReg {
			continue
		}
		if left -= header.Size; left < 0 {
			return n, fmt.Errorf("its web client is larger than %d bytes", clientMost)
		}
		if err := writeFile(dir, path, archive); err != nil {
			return n, err
		}
		n++
	}
	if _, err := dir.Stat("index.html"); err != nil {
		return n, fmt.Errorf("it has no web client in /%s: %w", served, err)
	}
	return n, nil
}

func writeFile(dir *os.Root, path string, content io.Reader) error {
	if err := dir.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := dir.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

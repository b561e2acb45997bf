package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/schema"
)

// builder builds one service's image, pushes it by digest only, and returns
// that digest.
type builder func(ctx context.Context, in images, service string, from source) (digest string, err error)

// source is what is built, and how it calls itself.
type source struct {
	version, commit string
	at              time.Time // of the commit, in UTC
}

type imageOptions struct {
	registry, name string
	out            string // file of the record, "" for none
	outputs        string // file of the workflow step's outputs, "" for none
	build          builder
}

// images sees to an image of each service, under the release's name. Of a
// service whose sources were built before, that image is taken: its tag is
// their digest, so a repeated run builds nothing either.
func (r *repository) images(ctx context.Context, o imageOptions) error {
	commit, at, err := r.head(ctx)
	if err != nil {
		return err
	}
	made := record{Name: o.name, Commit: commit, Schema: schema.Version, Images: make(map[string]string)}
	outputs := "registry=" + o.registry + "\n"
	for _, service := range services {
		in, err := newImages(o.registry, service)
		if err != nil {
			return err
		}
		digest, err := r.image(ctx, in, service, source{o.name, commit, at}, o.build)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		if service == "api" {
			if made.Version, err = in.version(ctx, digest); err != nil {
				return err
			}
		}
		made.Images[service] = in.repository.Digest(digest).String()
		outputs += service + "=" + digest + "\n"
	}
	text, err := json.Marshal(made)
	if err != nil {
		return err
	}
	r.say("%s", text)
	return errors.Join(write(o.out, text, os.O_TRUNC), write(o.outputs, []byte(outputs), os.O_APPEND))
}

func (r *repository) image(ctx context.Context, in images, service string, from source, build builder) (string, error) {
	sources, err := r.output(ctx, "git", "rev-parse", "HEAD:"+service, "HEAD:shared", "HEAD:.dockerignore")
	if err != nil {
		return "", err
	}
	key := fmt.Sprintf("sources-%x", sha256.Sum256([]byte(sources)))[:48]
	digest, err := in.digest(ctx, key)
	if err != nil {
		return "", err
	}
	if digest != "" {
		r.say("%s has not changed: %s", service, digest)
	} else if digest, err = build(ctx, in, service, from); err != nil {
		return "", err
	}
	// The key last: a run that ends before it builds again.
	if err := in.tag(ctx, digest, from.version); err != nil {
		return "", err
	}
	return digest, in.tag(ctx, digest, key)
}

// buildx builds by Docker for both architectures, with the SBOM and the
// provenance of the build beside the image where they are asked for.
func (r *repository) buildx(attest bool) builder {
	return func(ctx context.Context, in images, service string, from source) (string, error) {
		dir, err := os.MkdirTemp("", "fualab-image-")
		if err != nil {
			return "", err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		metadata := filepath.Join(dir, "metadata.json")
		args := []string{
			"buildx", "build", "--file", service + "/Dockerfile", "--platform", "linux/amd64,linux/arm64",
			"--build-arg", "VERSION=" + from.version, "--build-arg", "COMMIT=" + from.commit, "--build-arg", "COMMIT_TIME=" + from.at.Format(time.RFC3339),
			"--output", "type=image,name=" + in.repository.Name() + ",push-by-digest=true,name-canonical=true,push=true",
			"--metadata-file", metadata,
		}
		if attest {
			args = append(args, "--provenance=mode=max", "--sbom=true")
		} else {
			args = append(args, "--provenance=false")
		}
		if err := r.do(ctx, []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", from.at.Unix())}, "docker", append(args, ".")...); err != nil {
			return "", err
		}
		text, err := os.ReadFile(metadata) //nolint:gosec // written by docker just now
		if err != nil {
			return "", err
		}
		var built struct {
			Digest string `json:"containerimage.digest"`
		}
		if err := json.Unmarshal(text, &built); err != nil || !strings.HasPrefix(built.Digest, "sha256:") {
			return "", fmt.Errorf("docker tells no digest of what it has pushed: %s", text)
		}
		return built.Digest, nil
	}
}

// write writes or appends text to a file; "" is none.
func write(name string, text []byte, how int) error {
	if name == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|how, 0o600) //nolint:gosec // named by who runs it
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

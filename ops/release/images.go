package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/schema"
)

// builder builds one service's image, pushes it by digest only, and returns
// that digest.
type builder func(ctx context.Context, in images, service string, from source) (digest string, err error)

// source names the sources of a build, and the version that the build reports.
type source struct {
	version, commit string
	at              time.Time // of the commit, in UTC
}

type imageOptions struct {
	registry, name string
	repository     string // the repository in which cd-build may have built an image before, "" for none
	out            string // file of the record, "" for none
	outputs        string // file of the workflow step's outputs, "" for none
	build          builder
}

// images sees to an image of each service, and of the web client. An image of the same sources is
// taken instead, if cd-build has signed it and attested that it is made of
// them; a tag alone proves nothing, because others may push. The record tells
// the images that this run has built: they alone are for it to sign.
func (r *repository) images(ctx context.Context, o imageOptions) error {
	commit, at, err := r.head(ctx)
	if err != nil {
		return err
	}
	made := record{Name: o.name, Commit: commit, Schema: schema.Version, Images: make(map[string]string)}
	outputs := "registry=" + o.registry + "\n"
	for _, service := range imaged {
		in, err := newImages(o.registry, service)
		if err != nil {
			return err
		}
		from := source{o.name, commit, at}
		digest, err := r.signedBefore(ctx, in, service, from, o.repository)
		if err == nil && digest == "" {
			made.Built = append(made.Built, service)
			outputs += service + "_built=true\n"
			digest, err = o.build(ctx, in, service, from)
		}
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

// signedBefore returns the digest of an image of the service's sources that
// cd-build of a repository has signed and attested, "" for none.
func (r *repository) signedBefore(ctx context.Context, in images, service string, from source, repository string) (string, error) {
	if repository == "" {
		return "", nil
	}
	key, err := r.weekTag(ctx, service, from.commit)
	if err != nil {
		return "", err
	}
	// The second for a run that is repeated, where an image that is not trusted has taken the first.
	for _, tag := range []string{key, from.version} {
		digest, err := in.digest(ctx, tag)
		if err != nil {
			return "", err
		}
		if digest == "" {
			continue
		}
		err = r.verified(ctx, repository, service, in.repository.Digest(digest).String(), from.commit)
		if err == nil {
			r.say("%s has not changed: %s", service, digest)
			return digest, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		r.say("%s: the image under %s is not taken: %v", service, tag, err)
	}
	return "", nil
}

// weekTag returns the tag of an image that was built of a service's sources in
// this week. In the next one it is built again, on the base images of then: a
// fix of one of them reaches a service that does not change.
func (r *repository) weekTag(ctx context.Context, service, commit string) (string, error) {
	now := time.Now
	if r.now != nil {
		now = r.now
	}
	year, week := now().UTC().ISOWeek()
	sources, err := r.sourcesTag(ctx, service, commit)
	return fmt.Sprintf("%s-%dw%02d", sources, year, week), err
}

// sourcesTag names a service's sources as they are in a commit.
func (r *repository) sourcesTag(ctx context.Context, service, commit string) (string, error) {
	of := []string{"rev-parse", "--end-of-options", commit + ":" + service, commit + ":.dockerignore"}
	if service != "frontend" {
		of = slices.Insert(of, 3, commit+":shared")
	}
	trees, err := r.output(ctx, "git", of...)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sources-%x", sha256.Sum256([]byte(trees)))[:48], nil
}

// name tags an image as the release, and one that this run has built by its
// sources. It comes after the signature: whatever cd-build has tagged is
// signed, and a run that ends before it builds again.
func (r *repository) name(ctx context.Context, made record, service string) error {
	image, err := imageOf(made.Images[service])
	if err != nil {
		return err
	}
	if err := image.in.tag(ctx, image.digest, made.Name); err != nil || !slices.Contains(made.Built, service) {
		return err
	}
	key, err := r.weekTag(ctx, service, made.Commit)
	if err != nil {
		return err
	}
	if taken, err := image.in.digest(ctx, key); err != nil || taken != "" {
		return err // by an image that was not trusted, and a tag never moves
	}
	return image.in.tag(ctx, image.digest, key)
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
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|how, 0o600) //nolint:gosec // named by the operator
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

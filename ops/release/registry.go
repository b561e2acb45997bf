package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// images of one service in a registry, which is asked with the credentials that
// `docker login` has kept.
type images struct{ repository name.Repository }

func newImages(registry, service string) (images, error) {
	repository, err := name.NewRepository(registry + "/fualab/" + service)
	return images{repository}, err
}

// image is one image of a service, by its digest.
type image struct {
	in     images
	digest string
}

func imageOf(reference string) (image, error) {
	found, err := name.NewDigest(reference)
	if err != nil {
		return image{}, err
	}
	return image{images{found.Context()}, found.DigestStr()}, nil
}

func asking(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}

// digest returns the digest that a tag stands for, "" for none.
func (i images) digest(ctx context.Context, tag string) (string, error) {
	found, err := remote.Head(i.repository.Tag(tag), asking(ctx)...)
	if refused := (*transport.Error)(nil); errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask for %s:%s (docker login first?): %w", i.repository, tag, err)
	}
	return found.Digest.String(), nil
}

// tag gives the image with a digest one more name. A name never moves.
func (i images) tag(ctx context.Context, digest, tag string) error {
	found, err := i.digest(ctx, tag)
	if err != nil || found == digest {
		return err
	}
	if found != "" {
		return fmt.Errorf("%s:%s is %s already, and not %s: a tag never moves", i.repository, tag, found, digest)
	}
	image, err := remote.Get(i.repository.Digest(digest), asking(ctx)...)
	if err != nil {
		return fmt.Errorf("get %s@%s: %w", i.repository, digest, err)
	}
	if err := remote.Tag(i.repository.Tag(tag), image, asking(ctx)...); err != nil {
		return fmt.Errorf("tag %s@%s as %s: %w", i.repository, digest, tag, err)
	}
	return nil
}

// version returns the version that the programs of an image report.
func (i images) version(ctx context.Context, digest string) (string, error) {
	return i.label(ctx, digest, "org.opencontainers.image.version")
}

// label returns a label of an image, which every service's has.
func (i images) label(ctx context.Context, digest, name string) (string, error) {
	found, err := remote.Get(i.repository.Digest(digest), append(asking(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "arm64"}))...)
	if err != nil {
		return "", err
	}
	image, err := found.Image()
	if err != nil {
		return "", err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return "", err
	}
	if value := config.Config.Labels[name]; value != "" {
		return value, nil
	}
	return "", fmt.Errorf("%s@%s has no label %s", i.repository, digest, name)
}

// promotePause is the time between two looks for an image that is being built.
const promotePause = 15 * time.Second

// promote gives the image that cd-build of a repository has built and signed
// for a tag's commit the tag's version. Nothing is built: the tested image
// is released. It waits so long for a build that has not ended.
func (r *repository) promote(ctx context.Context, registry, repository, tag string, wait time.Duration) error {
	module, version, err := parseTag(tag)
	if err != nil {
		return err
	}
	commit, err := r.output(ctx, "git", "rev-parse", "--verify", tag+"^{commit}")
	if err != nil {
		return err
	}
	in, err := newImages(registry, module)
	if err != nil {
		return err
	}
	digest, err := in.await(ctx, "main-"+commit, wait)
	if err != nil {
		return err
	}
	if err := r.verified(ctx, repository, module, in.repository.Digest(digest).String(), commit); err != nil {
		return err
	}
	if err := in.tag(ctx, digest, version); err != nil {
		return err
	}
	r.say("%s:%s is %s, built as main-%s", in.repository, version, digest, commit)
	return nil
}

func (i images) await(ctx context.Context, tag string, wait time.Duration) (string, error) {
	deadline := time.Now().Add(wait)
	for {
		digest, err := i.digest(ctx, tag)
		if err != nil || digest != "" {
			return digest, err
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("%s:%s is not there after %s: has cd-build built this commit?", i.repository, tag, wait)
		}
		pause := time.NewTimer(min(promotePause, wait+time.Second))
		select {
		case <-ctx.Done():
			pause.Stop()
			return "", ctx.Err()
		case <-pause.C:
		}
	}
}

// record is a release that can be deployed; infra/deploy reads it.
type record struct {
	Name    string            `json:"release"` // main-<commit>
	Commit  string            `json:"commit"`
	Version string            `json:"version"` // the version that the API's /health answers
	Schema  string            `json:"schema"`
	Images  map[string]string `json:"images"` // by service, by digest
	// Commits has the commit of each service where they differ: of a pair of versions.
	Commits map[string]string `json:"commits,omitempty"`
	// Stack is the commit of the Terraform that was applied with the release; deploy writes it.
	Stack string `json:"stack,omitempty"`
	// Built has the services with an image that this release's run has built; an earlier run has signed the others.
	Built []string `json:"built,omitempty"`
	// Verified is the repository in which cd-build has signed the images: written by verify, believed in no record that
	// was read from elsewhere.
	Verified string `json:"verified,omitempty"`
}

// commit is the source of a service's image.
func (r record) commit(service string) string {
	if commit := r.Commits[service]; commit != "" {
		return commit
	}
	return r.Commit
}

func parseRecord(text []byte) (record, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("the record of a release is no JSON: %w", err)
	}
	return r, nil
}

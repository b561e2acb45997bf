package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// builtBy is the workflow whose identity a signature has to carry.
const builtBy = ".github/workflows/cd-build.yml"

var (
	fullName = regexp.MustCompile(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`)
	byDigest = regexp.MustCompile(`^[A-Za-z0-9.:/_-]+@sha256:[0-9a-f]{64}$`)
)

// read returns the record in a file, whose images are sound references.
func read(name string) (record, error) {
	text, err := os.ReadFile(name) //nolint:gosec // named by who runs it
	if err != nil {
		return record{}, err
	}
	got, err := parseRecord(text)
	if err != nil {
		return got, err
	}
	for _, service := range services {
		if !byDigest.MatchString(got.Images[service]) {
			return got, fmt.Errorf("the record of %q has no image of %s by digest", got.Name, service)
		}
	}
	return got, nil
}

// sign has each image signed with the identity of the workflow that runs it;
// there is no key that could be lost.
func (r *repository) sign(ctx context.Context, file string) error {
	signed, err := read(file)
	if err != nil {
		return err
	}
	for _, service := range slices.Sorted(maps.Keys(signed.Images)) {
		if err := r.do(ctx, nil, "cosign", "sign", "--yes", "--recursive", signed.Images[service]); err != nil {
			return err
		}
	}
	return nil
}

// verify wants of each image a signature by cd-build on main, and the provenance
// that it attested. Given what runs, it refuses a release that is older: a
// build that ends late does not undo a later one.
func (r *repository) verify(ctx context.Context, o options) error {
	if !fullName.MatchString(o.repository) {
		return fmt.Errorf("%q is no repository of GitHub, such as fualab/fualab", o.repository)
	}
	next, err := read(o.record)
	if err != nil {
		return err
	}
	if o.name != "" && next.Name != o.name {
		return fmt.Errorf("the record of %q was found under %q", next.Name, o.name)
	}
	workflow := o.repository + "/" + builtBy
	for _, service := range slices.Sorted(maps.Keys(next.Images)) {
		image := next.Images[service]
		if err := r.do(ctx, nil, "cosign", "verify", "--output", "text",
			"--certificate-oidc-issuer", "https://token.actions.githubusercontent.com",
			"--certificate-identity", "https://github.com/"+workflow+"@refs/heads/main", image); err != nil {
			return fmt.Errorf("%s is not signed by cd-build on main: %w", service, err)
		}
		if err := r.do(ctx, nil, "gh", "attestation", "verify", "oci://"+image, "--repo", o.repository,
			"--signer-workflow", workflow, "--source-ref", "refs/heads/main"); err != nil {
			return fmt.Errorf("%s has no provenance of cd-build: %w", service, err)
		}
	}
	if o.current == "" {
		return nil
	}
	return r.forward(ctx, next, o.current)
}

// forward refuses a release whose commit comes before the one that runs.
func (r *repository) forward(ctx context.Context, next record, file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // named by who runs it
	if err != nil {
		return err
	}
	now, err := parseRecord(text)
	if err != nil {
		return err
	}
	if now.Commit == "" || now.Commit == next.Commit {
		return nil
	}
	later, err := r.output(ctx, "git", "rev-list", "--count", "--end-of-options", next.Commit+".."+now.Commit)
	if err != nil {
		return err
	}
	earlier, err := r.output(ctx, "git", "rev-list", "--count", "--end-of-options", now.Commit+".."+next.Commit)
	if err != nil {
		return err
	}
	if earlier == "0" && later != "0" {
		return fmt.Errorf("%s is newer by %s commits than %s: to go back, run the workflow rollback", now.Name, later, next.Name)
	}
	return nil
}

var (
	atAddress = regexp.MustCompile(`(?m)^ +at (https?://\S+)$`)
	lasted    = regexp.MustCompile(`(?m)^\S+ runs \S+ after (\S+)$`)
)

// summary prints what a deployment did.
func (r *repository) summary(file, log string) error {
	text, err := os.ReadFile(log) //nolint:gosec // named by who runs it
	if err != nil {
		return err
	}
	released, err := read(file)
	if err != nil {
		return err
	}
	took, result := "-", "**failed**: what ran before runs"
	if found := lasted.FindSubmatch(text); found != nil {
		took, result = string(found[1]), "released"
	}
	address := "-"
	if found := atAddress.FindSubmatch(text); found != nil {
		address = string(found[1])
	}
	r.say("| %s | %s |\n| --- | --- |\n| version | %s |\n| duration | %s |\n| address | %s |", released.Name, result, released.Version, took, address)
	for _, service := range slices.Sorted(maps.Keys(released.Images)) {
		r.say("| %s | `%s` |", service, released.Images[service][strings.Index(released.Images[service], "@")+1:])
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// builtBy is the workflow that a signature has to name as its identity.
const builtBy = ".github/workflows/cd-build.yml"

var (
	fullName = regexp.MustCompile(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`)
	commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)
	byDigest = regexp.MustCompile(`^[A-Za-z0-9.:/_-]+@sha256:[0-9a-f]{64}$`)
)

// read returns the record in a file, and checks that its images are sound references.
func read(name string) (record, error) {
	text, err := os.ReadFile(name) //nolint:gosec // named by the operator
	if err != nil {
		return record{}, err
	}
	got, err := parseRecord(text)
	if err != nil {
		return got, err
	}
	if got.Name == "" {
		return got, fmt.Errorf("%s has no release: nothing was released there before, so name a release", name)
	}
	got.Verified = ""
	for _, service := range imaged {
		// Records of before the web client had an image have none.
		if _, has := got.Images[service]; !has && service == "frontend" {
			continue
		}
		if !byDigest.MatchString(got.Images[service]) {
			return got, fmt.Errorf("the record of %q has no image of %s by digest", got.Name, service)
		}
	}
	return got, nil
}

// sign has each image that the run has built signed with the identity of the
// workflow that runs it, and then names all of them; there is no key that could
// be lost.
func (r *repository) sign(ctx context.Context, file string) error {
	made, err := read(file)
	if err != nil {
		return err
	}
	for _, service := range imaged {
		if slices.Contains(made.Built, service) {
			if err := r.do(ctx, nil, "cosign", "sign", "--yes", "--recursive", made.Images[service]); err != nil {
				return err
			}
		}
		if err := r.name(ctx, made, service); err != nil {
			return err
		}
	}
	return nil
}

// verify wants each image to be signed by cd-build on main, which has attested
// that it is made of the sources of the record's commit. Given the running release, it
// refuses a release that is older: a build that ends late does not undo a later
// one. The record that it has verified is written to o.out, for deploy.
func (r *repository) verify(ctx context.Context, o options) error {
	if o.out != "" { // nothing of an earlier release stays for deploy to find
		if err := os.Remove(o.out); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	next, err := read(o.record)
	if err != nil {
		return err
	}
	if o.name != "" && next.Name != o.name {
		return fmt.Errorf("the record of %q was found under %q", next.Name, o.name)
	}
	for _, service := range slices.Sorted(maps.Keys(next.Images)) {
		if !slices.Contains(imaged, service) {
			return fmt.Errorf("the record of %q has an image of %q, which is no part of the platform", next.Name, service)
		}
		if err := r.verified(ctx, o.repository, service, next.Images[service], next.commit(service)); err != nil {
			return err
		}
	}
	if o.current != "" {
		if err := r.forward(ctx, next, o.current); err != nil {
			return err
		}
	}
	next.Verified = o.repository
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return write(o.out, text, os.O_TRUNC)
}

// shape puts the Terraform that was applied with the record's release into the
// work tree, and its commit into a file. Main may have changes of the stack that
// no person has applied, and a rollback may not apply them.
func (r *repository) shape(ctx context.Context, file, out string) error {
	now, err := read(file)
	if err != nil {
		return err
	}
	commit := now.Stack
	if commit == "" {
		commit = now.Commit
	}
	if !commitID.MatchString(commit) {
		return fmt.Errorf("the record of %q has no commit, but %q", now.Name, commit)
	}
	if _, err := r.output(ctx, "git", "restore", "--source="+commit, "--staged", "--worktree", "--", "infra", ":!infra/deploy"); err != nil {
		return err
	}
	if err := write(out, []byte(commit), os.O_TRUNC); err != nil {
		return err
	}
	r.say("infra/ is that of %s", now.Name)
	return nil
}

// verified wants of an image a signature by cd-build of a repository on main,
// and that this workflow has attested to have built it of the service's sources
// as they are in commit. Another commit's image is good if its sources are the
// same; an older one is refused, however well it is signed.
func (r *repository) verified(ctx context.Context, repository, service, image, commit string) error {
	if !fullName.MatchString(repository) {
		return fmt.Errorf("%q is no repository of GitHub, such as fualab/fualab", repository)
	}
	workflow := repository + "/" + builtBy
	want, err := r.sourcesTag(ctx, service, commit)
	if err != nil {
		return fmt.Errorf("%s: the release's commit is not in this clone, so fetch main: %w", service, err)
	}
	verify := []string{
		"verify", "--output", "text",
		"--certificate-oidc-issuer", "https://token.actions.githubusercontent.com",
		"--certificate-identity", "https://github.com/" + workflow + "@refs/heads/main",
	}
	if r.unattested {
		return r.signedFor(ctx, service, image, want, verify)
	}
	if err := r.do(ctx, nil, "cosign", append(verify, image)...); err != nil {
		return fmt.Errorf("%s is not signed by cd-build on main: %w", service, err)
	}
	attested, err := r.output(ctx, "gh", "attestation", "verify", "oci://"+image, "--repo", repository,
		"--signer-workflow", workflow, "--source-ref", "refs/heads/main",
		"--format", "json", "--jq", `.[].verificationResult | .signature.certificate.sourceRepositoryDigest as $commit | .statement.subject[] | "\(.name)@\($commit)"`)
	if err != nil {
		return fmt.Errorf("%s has no provenance of cd-build: %w", service, err)
	}
	for subject := range strings.FieldsSeq(attested) {
		name, built, _ := strings.Cut(subject, "@")
		if !strings.HasPrefix(image, name+"@") || !strings.HasSuffix(name, "/fualab/"+service) || !commitID.MatchString(built) {
			continue
		}
		// A commit that is not in this clone is none that the release is made of.
		if got, err := r.sourcesTag(ctx, service, built); err == nil && got == want {
			return nil
		}
	}
	return fmt.Errorf("%s is an image of other sources than those of %s: cd-build attested %s", service, commit, strings.Join(strings.Fields(attested), ", "))
}

// signedFor wants the signature of a run of cd-build for the commit that the
// image itself names, and wants its sources to be want. The image may say anything; the
// signature's certificate is GitHub's.
func (r *repository) signedFor(ctx context.Context, service, reference, want string, verify []string) error {
	image, err := imageOf(reference)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(image.in.repository.Name(), "/fualab/"+service) {
		return fmt.Errorf("%s is not an image of %s", reference, service)
	}
	built, err := image.in.label(ctx, image.digest, "org.opencontainers.image.revision")
	if err != nil {
		return err
	}
	if !commitID.MatchString(built) {
		return fmt.Errorf("%s is built of %q, which is no commit", service, built)
	}
	if err := r.do(ctx, nil, "cosign", append(verify, "--certificate-github-workflow-sha", built, reference)...); err != nil {
		return fmt.Errorf("%s is not signed by cd-build on main for %s: %w", service, built, err)
	}
	if got, err := r.sourcesTag(ctx, service, built); err != nil || got != want {
		return errors.Join(fmt.Errorf("%s is an image of other sources: cd-build signed it for %s", service, built), err)
	}
	return nil
}

// forward refuses a release with an older commit than the one that runs.
func (r *repository) forward(ctx context.Context, next record, file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // named by the operator
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

// summary prints the result of a deployment.
func (r *repository) summary(file, log string) error {
	text, err := os.ReadFile(log) //nolint:gosec // named by the operator
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

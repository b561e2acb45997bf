package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/fualab/fualab/shared/schema"
)

// schemaConstant matches the newest migration of a sequence in shared/schema.
var schemaConstant = regexp.MustCompile(`(?m)^const (platform|product) = "(\d{4})"$`)

// pair writes the record of released versions: of both services, or of one
// beside the other that runs. The web client is that of the API's commit. A
// worker that needs a newer migration than the API has is refused.
func (r *repository) pair(ctx context.Context, o options) error {
	text, err := os.ReadFile(o.current)
	if err != nil {
		return err
	}
	now, err := parseRecord(text)
	if err != nil {
		return err
	}
	versions := map[string]string{"api": o.api, "worker": o.worker}
	made := record{Images: make(map[string]string), Commits: make(map[string]string), Version: now.Version}
	registry := o.registry
	if running, err := name.NewDigest(now.Images["api"]); err == nil && registry == "" {
		registry = running.Context().RegistryStr()
	}
	var names []string
	for _, service := range services {
		if versions[service] == "" {
			if now.Images[service] == "" {
				return fmt.Errorf("no %s runs yet: name its version, too", service)
			}
			made.Images[service], made.Commits[service] = now.Images[service], now.commit(service)
			continue
		}
		if err := r.takeVersion(ctx, &made, registry, service, versions[service]); err != nil {
			return err
		}
		names = append(names, service+"-"+versions[service])
	}
	if names == nil {
		return fmt.Errorf("%w: pair wants -api, -worker or both", errUsage)
	}
	made.Name, made.Commit = strings.Join(names, "-"), made.Commits["api"]
	if err := r.takeClient(ctx, &made, now, registry, o.api != ""); err != nil {
		return err
	}
	if made.Schema, err = r.schemaAt(ctx, made.Commits["api"]); err != nil {
		return err
	}
	needed, err := r.schemaAt(ctx, made.Commits["worker"])
	if err != nil {
		return err
	}
	if !schema.Reached(made.Schema, needed) && !schema.Reached(now.Schema, needed) {
		return fmt.Errorf("the worker needs migration %s, and this API has %s: deploy a newer API with it", needed, made.Schema)
	}
	if text, err = json.Marshal(made); err != nil {
		return err
	}
	r.say("%s", text)
	return write(o.out, text, os.O_TRUNC)
}

// takeVersion takes the image of a service's version, and the commit of its tag.
func (r *repository) takeVersion(ctx context.Context, made *record, registry, service, version string) error {
	if !canonical(version) {
		return fmt.Errorf("%q is no version, such as v0.2.0", version)
	}
	commit, err := r.output(ctx, "git", "rev-parse", "--verify", "refs/tags/"+service+"/"+version+"^{commit}")
	if err != nil {
		return fmt.Errorf("%s %s has no tag in this clone: git fetch --tags: %w", service, version, err)
	}
	in, err := newImages(registry, service)
	if err != nil {
		return err
	}
	digest, err := in.digest(ctx, version)
	if err != nil {
		return err
	}
	if digest == "" {
		return fmt.Errorf("%s:%s is not there: has release.yml promoted it?", in.repository, version)
	}
	if service == "api" {
		if made.Version, err = in.version(ctx, digest); err != nil {
			return err
		}
	}
	made.Images[service], made.Commits[service] = in.repository.Digest(digest).String(), commit
	return nil
}

// takeClient takes the web client of the API's commit, or the one that runs.
func (r *repository) takeClient(ctx context.Context, made *record, now record, registry string, changes bool) error {
	if !changes {
		if image := now.Images["frontend"]; image != "" {
			made.Images["frontend"], made.Commits["frontend"] = image, now.commit("frontend")
		}
		return nil
	}
	in, err := newImages(registry, "frontend")
	if err != nil {
		return err
	}
	commit := made.Commits["api"]
	digest, err := in.digest(ctx, "main-"+commit)
	if err != nil || digest == "" {
		return err // a version of before the web client had an image
	}
	made.Images["frontend"], made.Commits["frontend"] = in.repository.Digest(digest).String(), commit
	return nil
}

// schemaAt returns the newest migrations that the code of a commit has, as
// schema.Version.
func (r *repository) schemaAt(ctx context.Context, commit string) (string, error) {
	if !commitID.MatchString(commit) {
		return "", fmt.Errorf("%q is no commit", commit)
	}
	text, err := r.output(ctx, "git", "grep", "-h", "-e", "^const p", commit, "--", "shared/schema/*.go")
	if err != nil {
		return "", err
	}
	found := make(map[string]string)
	for _, constant := range schemaConstant.FindAllStringSubmatch(text, -1) {
		found[constant[1]] = constant[2]
	}
	if len(found) != 2 {
		return "", fmt.Errorf("shared/schema of %s does not tell its migrations", commit)
	}
	return found["platform"] + "." + found["product"], nil
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"time"
)

// Release is the record of one build, as the pipeline writes it to SSM below
// /fualab/releases, and of the running release, below /fualab/ENV/release.
type Release struct {
	Name    string `json:"release"`          // main-<commit>
	Commit  string `json:"commit"`           // full id
	Version string `json:"version"`          // the version that /health answers
	Schema  string `json:"schema,omitempty"` // newest migration that it brings
	Images  Images `json:"images"`
	// Commits has each service's commit where they differ, for release:verify.
	Commits map[string]string `json:"commits,omitempty"`
	// Stack is the commit of the Terraform that was applied with the release,
	// which a rollback takes: release:shape.
	Stack      string     `json:"stack,omitempty"`
	Verified   string     `json:"verified,omitempty"`    // the signing repository; only release:verify sets it
	DeployedAt *time.Time `json:"deployed_at,omitempty"` // in UTC; only of a release that runs or ran
}

// Images are references by digest; nil is none.
type Images struct {
	API     *string `json:"api,omitempty"`
	Worker  *string `json:"worker,omitempty"`
	Migrate *string `json:"migrate,omitempty"` // for the stack, never part of a record
	// Frontend has the web client's files, which release:client takes out of it;
	// nil in records of before. The stack does not know it.
	Frontend *string `json:"frontend,omitempty"`
}

// none is the record of a stack on which nothing was released yet.
func (r Release) none() bool { return r.Name == "" }

var digest = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)

// parseRelease reads a record; "{}" is none.
func parseRelease(text string) (Release, error) {
	var r Release
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("the record is no JSON: %w", err)
	}
	if r.none() && r.Images == (Images{}) {
		return r, nil
	}
	for service, image := range map[string]*string{"api": r.Images.API, "worker": r.Images.Worker} {
		if image == nil || !digest.MatchString(*image) {
			return r, fmt.Errorf("the record of %q has no image of %s by digest (…@sha256:…)", r.Name, service)
		}
	}
	if r.Version == "" {
		return r, fmt.Errorf("the record of %q has no version: nothing could tell that it runs", r.Name)
	}
	return r, nil
}

// verifiedRelease reads the record in a file that release:verify has written.
// The file is not read again afterwards: the deployed record is the verified
// one.
func verifiedRelease(file string) (Release, error) {
	text, err := os.ReadFile(file) //nolint:gosec // named by the operator
	if err != nil {
		return Release{}, err
	}
	r, err := parseRelease(string(text))
	if err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	if r.none() || r.Verified == "" {
		return r, fmt.Errorf("%s is no record that was verified: go tool task release:verify REPOSITORY=owner/name writes one to bin/verified.json", file)
	}
	r.Verified = ""
	return r, nil
}

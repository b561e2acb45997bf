package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// Release is the record of one build, as the pipeline writes it to SSM below
// /fualab/releases, and of what runs, below /fualab/ENV/release.
type Release struct {
	Name       string     `json:"release"`          // main-<commit>
	Commit     string     `json:"commit"`           // full id
	Version    string     `json:"version"`          // what /health answers
	Schema     string     `json:"schema,omitempty"` // newest migration that it brings
	Images     Images     `json:"images"`
	DeployedAt *time.Time `json:"deployed_at,omitempty"` // in UTC; only of what runs or ran
}

// Images are references by digest; nil is none.
type Images struct {
	API     *string `json:"api,omitempty"`
	Worker  *string `json:"worker,omitempty"`
	Migrate *string `json:"migrate,omitempty"` // for the stack, never part of a record
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

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	scanPause = 10 * time.Second
	scanLooks = 60 // ten minutes
)

// inECR matches the registries that scan each pushed image.
var inECR = regexp.MustCompile(`\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com`)

// finding is a known vulnerability of an image.
type finding struct {
	Name     string `json:"name"`
	Severity string `json:"severity"`
}

// scan fails if ECR knows a high or critical vulnerability of an image that the
// run has built, unless the file accepted has it. ECR scans each platform's
// image by itself. An image that it cannot scan is said, and passes.
func (r *repository) scan(ctx context.Context, file, accepted string) error {
	made, err := read(file)
	if err != nil {
		return err
	}
	excused, err := r.acceptedFindings(accepted)
	if err != nil {
		return err
	}
	var bad []string
	for _, service := range made.Built {
		reference, err := name.NewDigest(made.Images[service])
		if err != nil {
			return err
		}
		if !inECR.MatchString(reference.RegistryStr()) {
			r.say("%s is not in ECR, and is not scanned", reference)
			continue
		}
		platforms, err := platformsOf(ctx, reference)
		if err != nil {
			return err
		}
		for _, platform := range platforms {
			found, err := r.findings(ctx, reference.Context().RepositoryStr(), platform)
			if err != nil {
				return fmt.Errorf("%s: %w", service, err)
			}
			for _, f := range found {
				if (f.Severity == "HIGH" || f.Severity == "CRITICAL") && !slices.Contains(excused, f.Name) {
					bad = append(bad, fmt.Sprintf("%s: %s %s", service, f.Severity, f.Name))
				}
			}
		}
	}
	slices.Sort(bad)
	if bad = slices.Compact(bad); len(bad) > 0 {
		return fmt.Errorf("raise the base image, or accept these for a time in %s:\n%s", accepted, strings.Join(bad, "\n"))
	}
	r.say("no image has a known vulnerability that is high or critical")
	return nil
}

// platformsOf returns the digests of an index's images, without those of
// attestations.
func platformsOf(ctx context.Context, reference name.Digest) ([]string, error) {
	found, err := remote.Get(reference, asking(ctx)...)
	if err != nil {
		return nil, err
	}
	if !found.MediaType.IsIndex() {
		return []string{reference.DigestStr()}, nil
	}
	index, err := found.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var digests []string
	for _, m := range manifest.Manifests {
		if m.Platform != nil && m.Platform.OS != "unknown" && m.MediaType.IsImage() {
			digests = append(digests, m.Digest.String())
		}
	}
	return digests, nil
}

// findings waits for the scan that the push has begun, and returns what it has
// found.
func (r *repository) findings(ctx context.Context, repository, digest string) ([]finding, error) {
	pause := scanPause
	if r.pause > 0 {
		pause = r.pause
	}
	for range scanLooks {
		text, err := r.output(ctx, "aws", "ecr", "describe-image-scan-findings", "--repository-name", repository, "--image-id", "imageDigest="+digest, "--output", "json")
		if err != nil && !strings.Contains(err.Error(), "ScanNotFoundException") {
			return nil, err
		}
		var answer struct {
			Status struct {
				Status string `json:"status"`
			} `json:"imageScanStatus"`
			Findings struct {
				List []finding `json:"findings"`
			} `json:"imageScanFindings"`
		}
		if err == nil {
			if err := json.Unmarshal([]byte(text), &answer); err != nil {
				return nil, err
			}
		}
		switch answer.Status.Status {
		case "COMPLETE":
			return answer.Findings.List, nil
		case "FAILED", "UNSUPPORTED_IMAGE":
			r.say("!!! ECR cannot scan %s@%s: %s", repository, digest, answer.Status.Status)
			return nil, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
	return nil, fmt.Errorf("ECR has not scanned %s@%s: does the repository scan on push?", repository, digest)
}

// acceptedFindings reads a file of lines: a finding's name, the last day that
// it is accepted, and why.
func (r *repository) acceptedFindings(file string) (names []string, err error) {
	f, err := os.Open(r.path(file))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	now := time.Now
	if r.now != nil {
		now = r.now
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("%s: %q is not: name, last day, reason", file, lines.Text())
		}
		until, err := time.Parse(time.DateOnly, fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if now().Before(until.AddDate(0, 0, 1)) {
			names = append(names, fields[0])
		}
	}
	return names, nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// ours is the prefix of this repository's modules.
const ours = "github.com/fualab/fualab/"

// mostlyLicence is the least share of known licence text in a file, in percent:
// the rest is names, years and headings.
const mostlyLicence = 75

// licenceFile matches the names of files with licences.
var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]es?|copying)([._-].*)?$`)

// goModules returns the modules of a service's programs.
func goModules(ctx context.Context, service string) ([]dependency, error) {
	list := exec.CommandContext(ctx, "go", "-C", service, "list", "-deps", "-json=Module", "./cmd/...") //nolint:gosec // api or worker
	list.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux")
	var said bytes.Buffer
	list.Stderr = &said
	text, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list the modules of %s: %w: %s", service, err, said.Bytes())
	}
	var all []dependency
	seen := map[string]bool{}
	for packages := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct {
			Module struct{ Path, Version, Dir string }
		}
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the modules of %s: %w", service, err)
		}
		m := p.Module
		if m.Path == "" || seen[m.Path] || strings.HasPrefix(m.Path, ours) { // the standard library has no module
			continue
		}
		seen[m.Path] = true
		d, err := readModule(m.Dir)
		if err != nil {
			return nil, fmt.Errorf("read the licence of %s: %w", m.Path, err)
		}
		d.name, d.version = m.Path, m.Version
		all = append(all, d)
	}
}

// readModule reads the licences in a module's directory.
func readModule(dir string) (d dependency, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return d, err
	}
	for _, f := range files {
		if !f.Type().IsRegular() || !licenceFile.MatchString(f.Name()) || filepath.Ext(f.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name())) //nolint:gosec // of the module cache
		if err != nil {
			return d, err
		}
		if licences, ok := readByPerson(text); ok {
			d.licences = append(d.licences, licences...)
			continue
		}
		found := licensecheck.Scan(text)
		if found.Percent < mostlyLicence {
			d.unread = append(d.unread, f.Name()+" "+sum(text))
		}
		for _, m := range found.Match {
			d.licences = append(d.licences, m.ID)
		}
	}
	slices.Sort(d.licences)
	d.licences = slices.Compact(d.licences)
	return d, nil
}

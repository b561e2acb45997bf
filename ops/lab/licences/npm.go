package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// npmPackages returns the packages of a package-lock.json that are not only for
// development. It does not split a choice of licences, as in "(MIT OR GPL-2.0)":
// a person must choose.
func npmPackages(path string) ([]dependency, error) {
	text, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		return nil, fmt.Errorf("run this in the repository's root: %w", err)
	}
	var lock struct {
		Packages map[string]struct {
			Version, License string
			Dev              bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var all []dependency
	for place, p := range lock.Packages {
		i := strings.LastIndex(place, "node_modules/")
		if i < 0 || p.Dev { // an empty path is the client itself
			continue
		}
		d := dependency{name: "npm " + place[i+len("node_modules/"):], version: p.Version}
		if p.License != "" {
			d.licences = []string{p.License}
		}
		all = append(all, d)
	}
	return all, nil
}

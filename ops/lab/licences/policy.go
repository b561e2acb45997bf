package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// allowed are the licences, by their SPDX names, under which code may be shipped.
// All of them let a product of any licence include the code unchanged. MPL-2.0
// requires that changes of its own files be published, so do not vendor and
// change such a module.
var allowed = []string{
	"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "PostgreSQL", "Unlicense", "Zlib", publicDomain,
}

// dependency is a shipped module or package, under all of its licences together.
type dependency struct {
	name, version string
	licences      []string // SPDX names, sorted; empty: none was found
	unread        []string // files without a known licence, with the sums of their content
}

// fault returns the reason why d may not be shipped; empty: it may.
func (d dependency) fault() string {
	foreign := slices.DeleteFunc(slices.Clone(d.licences), func(id string) bool { return slices.Contains(allowed, id) })
	switch {
	case len(foreign) > 0:
		return "is under " + strings.Join(foreign, ", ") + ", which is not allowed: use another library, or allow the licence in ops/lab/licences/policy.go after the owner of the product has agreed"
	case len(d.unread) > 0:
		return "has text that is no known licence: read it, and add its sum and its licence to ops/lab/licences/read.go: " + strings.Join(d.unread, ", ")
	case len(d.licences) == 0:
		return "has no licence, so it may not be shipped: use another library, or ask its author for one"
	}
	return ""
}

// report prints the dependencies that may not be shipped, and with list all
// others. It fails if there is one.
func report(out io.Writer, all []dependency, list bool) error {
	slices.SortFunc(all, func(a, b dependency) int { return strings.Compare(a.name+a.version, b.name+b.version) })
	all = slices.CompactFunc(all, func(a, b dependency) bool { return a.name == b.name && a.version == b.version })
	var text strings.Builder
	faults := 0
	for _, d := range all {
		if fault := d.fault(); fault != "" {
			faults++
			fmt.Fprintf(&text, "%s %s %s\n", d.name, d.version, fault)
		} else if list {
			fmt.Fprintf(&text, "%s %s: %s\n", d.name, d.version, strings.Join(d.licences, ", "))
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return err
	}
	if faults > 0 {
		return fmt.Errorf("%d of %d dependencies may not be shipped, see above", faults, len(all))
	}
	return nil
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/fualab/fualab/ops/life/names"
)

// declarationFile declares the names, at the root of the repository. An update never merges it.
const declarationFile = ".platform.json"

// A declaration is the content of declarationFile. The platform's has no origin, and a product's has its names and origin.
type declaration struct {
	Names names.Names `json:"names"`

	// Keep are files that no renaming changes: history, changelogs, measurements. Generated are files that a command of
	// After writes, so that a conflict in them needs no decision. A pattern is a path, a path and /** for all below, or
	// **/ and a name.
	Keep      []string `json:"keep,omitempty"`
	Generated []string `json:"generated,omitempty"`
	// After are the commands that write generated files, and Checks those that an update must pass.
	After  [][]string `json:"after,omitempty"`
	Checks [][]string `json:"checks,omitempty"`

	Origin *origin `json:"origin,omitempty"`
}

// An origin is the version of the platform that a product has.
type origin struct {
	Repository string `json:"repository"` // an address for git
	Commit     string `json:"commit"`
}

func parseDeclaration(text []byte) (declaration, error) {
	var d declaration
	// A later version of the platform may declare more.
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("read %s: %w; correct it, or take it from the last commit", declarationFile, err)
	}
	return d, nil
}

func (d declaration) bytes() []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(d) // of texts alone
	return text.Bytes()
}

// matches reports whether one of the patterns is for the file.
func matches(patterns []string, file string) bool {
	for _, pattern := range patterns {
		folder, below := strings.CutSuffix(pattern, "/**")
		name, anywhere := strings.CutPrefix(pattern, "**/")
		switch {
		case pattern == file, below && strings.HasPrefix(file, folder+"/"), anywhere && path.Base(file) == name:
			return true
		}
	}
	return false
}

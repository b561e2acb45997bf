package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

var (
	goImage   = regexp.MustCompile(`(?m)^FROM .*\bgolang:(\S+?)-alpine\b`)
	goVersion = regexp.MustCompile(`go-version(?:-file)?: *(\S+)`)
)

// TestOneGoVersion holds go.work, each go.mod, the images and the workflows to
// one version of Go: the version that is tested and scanned is then the one that ships.
func TestOneGoVersion(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || name == ".git" || name == ".data" || name == "bin") {
			return fs.SkipDir
		}
		workflow := filepath.Base(filepath.Dir(path)) == "workflows" && filepath.Ext(name) == ".yml"
		if name != "go.work" && name != "go.mod" && name != "Dockerfile" && !workflow {
			return nil
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	faults := goVersionFaults(files)
	for _, fault := range faults {
		t.Error(fault)
	}
	if len(files) < 10 {
		t.Errorf("only %d files were found", len(files))
	}
}

// goVersionFaults compares the versions of Go that files name. actions/setup-go
// installs the toolchain line of go.work, and without one its go line, taken
// literally; it also sets GOTOOLCHAIN=local, so no module may ask for more.
func goVersionFaults(files map[string]string) []string {
	var work *modfile.WorkFile
	for path, text := range files {
		if filepath.Base(path) == "go.work" {
			var err error
			if work, err = modfile.ParseWork(path, []byte(text), nil); err != nil {
				return []string{err.Error()}
			}
		}
	}
	if work == nil || work.Go == nil || work.Toolchain == nil {
		return []string{"go.work needs a go line and a toolchain line, which setup-go installs"}
	}
	language, toolchain := work.Go.Version, strings.TrimPrefix(work.Toolchain.Name, "go")
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for path, text := range files {
		switch filepath.Base(path) {
		case "go.work":
		case "go.mod":
			mod, err := modfile.Parse(path, []byte(text), nil)
			switch {
			case err != nil:
				fault("%v", err)
			case mod.Go == nil || mod.Go.Version != language:
				fault("%s: its go line is not %s, as in go.work", path, language)
			case mod.Toolchain == nil || mod.Toolchain.Name != work.Toolchain.Name:
				fault("%s: its toolchain line is not %s, as in go.work", path, work.Toolchain.Name)
			}
		case "Dockerfile":
			for _, image := range goImage.FindAllStringSubmatch(text, -1) {
				if image[1] != toolchain {
					fault("%s: builds with Go %s instead of %s", path, image[1], toolchain)
				}
			}
		default:
			for _, version := range goVersion.FindAllStringSubmatch(text, -1) {
				if version[1] != "go.work" {
					fault("%s: sets up Go of %s instead of go.work", path, version[1])
				}
			}
		}
	}
	return faults
}

func TestGoVersionFaultsAreFound(t *testing.T) {
	t.Parallel()
	const mod = "module example.com/m\n\ngo 1.26.0\n\ntoolchain go1.26.8\n"
	good := map[string]string{
		"go.work":               "go 1.26.0\n\ntoolchain go1.26.8\n",
		"a/go.mod":              mod,
		"a/Dockerfile":          "FROM --platform=$BUILDPLATFORM golang:1.26.8-alpine AS build\n",
		".github/workflows/a.x": "go-version-file: go.work\n",
	}
	if faults := goVersionFaults(good); len(faults) > 0 {
		t.Fatal(faults)
	}
	for name, change := range map[string]struct{ file, from, to, want string }{
		"SetupGoTakesTheGoLine":       {"go.work", "toolchain go1.26.8\n", "", "toolchain line"},
		"ModuleAsksForMore":           {"a/go.mod", "go 1.26.0", "go 1.26.7", "go line"},
		"ModuleWithoutWorkspaceHasNo": {"a/go.mod", "toolchain go1.26.8\n", "", "toolchain line"},
		"ImageFollowsATag":            {"a/Dockerfile", "1.26.8", "1.26", "builds with Go 1.26 "},
		"WorkflowNamesAVersion":       {".github/workflows/a.x", "go-version-file: go.work", "go-version: 1.26.8", "sets up Go"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := make(map[string]string)
			for file, text := range good {
				files[file] = text
			}
			files[change.file] = strings.Replace(files[change.file], change.from, change.to, 1)
			if faults := strings.Join(goVersionFaults(files), "\n"); !strings.Contains(faults, change.want) {
				t.Errorf("found %q, want %q", faults, change.want)
			}
		})
	}
}

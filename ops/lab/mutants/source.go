package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// source is a package's code, ready to check the types of its mutants.
type source struct {
	dir     string // as in target
	path    string // to import it by
	fset    *token.FileSet
	files   []sourceFile
	info    *types.Info
	imports types.Importer
}

// sourceFile is a file that is compiled into the package.
type sourceFile struct {
	name      string
	path      string
	text      []byte
	syntax    *ast.File
	generated bool
}

// listed is the part that is read of a package of go list.
type listed struct {
	ImportPath string
	Dir        string
	Export     string
	GoFiles    []string
	DepOnly    bool
}

// load reads the package in dir, below root. It compiles the packages that it
// imports, where the build cache does not have them.
func load(ctx context.Context, root, dir string) (*source, error) {
	packages, err := list(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	s := &source{dir: dir, fset: token.NewFileSet()}
	exports := make(map[string]string)
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
		if p.DepOnly {
			continue
		}
		s.path = p.ImportPath
		if err := s.read(p); err != nil {
			return nil, err
		}
	}
	s.imports = importer.ForCompiler(s.fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	s.info = &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object)}
	return s, s.check(nil, "", s.info)
}

func list(ctx context.Context, root, dir string) ([]listed, error) {
	//nolint:gosec // the directory is from the table of packages
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", "./"+dir)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = root, &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./%s: %w\n%s", dir, err, stderr.Bytes())
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list ./%s: %w", dir, err)
		}
		packages = append(packages, p)
	}
}

func (s *source) read(p listed) error {
	for _, name := range p.GoFiles {
		f := sourceFile{name: name, path: filepath.Join(p.Dir, name)}
		var err error
		if f.text, err = os.ReadFile(f.path); err != nil {
			return err
		}
		if f.syntax, err = parser.ParseFile(s.fset, f.path, f.text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return err
		}
		f.generated = ast.IsGenerated(f.syntax)
		s.files = append(s.files, f)
	}
	return nil
}

// check checks the package's types, with other texts of some of its files and
// one more file unless extra is "".
func (s *source) check(texts map[string][]byte, extra string, info *types.Info) error {
	var files []*ast.File
	for _, f := range s.files {
		syntax := f.syntax
		if text, ok := texts[f.name]; ok {
			var err error
			if syntax, err = parser.ParseFile(s.fset, f.path, text, parser.SkipObjectResolution); err != nil {
				return err
			}
		}
		files = append(files, syntax)
	}
	if extra != "" {
		syntax, err := parser.ParseFile(s.fset, switchFile, extra, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, syntax)
	}
	config := types.Config{Importer: s.imports}
	_, err := config.Check(s.path, s.fset, files, info)
	return err
}

// compiles reports whether the package compiles with the mutant.
func (s *source) compiles(m mutant) bool {
	return s.check(map[string][]byte{m.file: m.apply(s.file(m.file).text)}, "", nil) == nil
}

// file returns the file with the given name, which must exist.
func (s *source) file(name string) *sourceFile {
	return &s.files[slices.IndexFunc(s.files, func(f sourceFile) bool { return f.name == name })]
}

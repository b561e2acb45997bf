package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/fualab/fualab/ops/life/names"
)

// trailer is the line of a rendered commit that names the platform's commit.
const trailer = "Platform-commit: "

// render makes a commit of the platform's files at a commit, with the names of the product, and returns its id. Equal
// arguments give an equal id. parent may be "".
func (r *repository) render(ctx context.Context, commit, parent string, to names.Names) (string, error) {
	d, err := r.declarationAt(ctx, commit)
	if err != nil {
		return "", err
	}
	entries, err := r.entries(ctx, commit)
	if err != nil {
		return "", err
	}
	if err := r.load(ctx, entries, d.Keep); err != nil {
		return "", err
	}
	at, err := r.git(ctx, "show", "--no-patch", "--format=%ct", commit)
	if err != nil {
		return "", err
	}
	var s bytes.Buffer
	message := fmt.Sprintf("The platform at %.12s, with the names of %s\n\n%s%s\n", commit, to.Product, trailer, commit)
	fmt.Fprintf(&s, "commit refs/platform/rendered\ncommitter platform <platform@localhost> %s +0000\ndata %d\n%s\n", at, len(message), message)
	if parent != "" {
		fmt.Fprintf(&s, "from %s\n", parent)
	}
	s.WriteString("deleteall\n")
	renamer := names.NewRenamer(d.Names, to)
	for _, e := range entries {
		switch {
		case e.path == declarationFile:
		case e.content == nil:
			fmt.Fprintf(&s, "M %s %s %s\n", e.mode, e.object, e.path)
		default:
			content := renamer.Content(e.path, e.content)
			fmt.Fprintf(&s, "M %s inline %s\ndata %d\n%s\n", e.mode, renamer.Path(e.path), len(content), content)
		}
	}
	s.WriteString("done\n")
	if _, err := r.pipe(ctx, &s, "fast-import", "--quiet", "--force", "--done"); err != nil {
		return "", err
	}
	rendered, err := r.git(ctx, "rev-parse", "refs/platform/rendered")
	if err != nil {
		return "", err
	}
	_, err = r.git(ctx, "update-ref", "-d", "refs/platform/rendered")
	return rendered, err
}

// An entry is a file of a commit. Its content is nil if no name in it changes.
type entry struct {
	mode, object, path string
	content            []byte
}

func (r *repository) entries(ctx context.Context, commit string) ([]entry, error) {
	out, err := r.pipe(ctx, nil, "ls-tree", "-r", "-z", commit)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, line := range split(out) {
		about, path, _ := strings.Cut(line, "\t")
		words := strings.Fields(about)
		if len(words) != 3 || strings.ContainsAny(path, "\n\"") {
			return nil, fmt.Errorf("git lists %q in %s, which is no file that can be renamed", line, commit)
		}
		entries = append(entries, entry{mode: words[0], object: words[2], path: path})
	}
	return entries, nil
}

// load reads the contents of the files that names may change.
func (r *repository) load(ctx context.Context, entries []entry, keep []string) error {
	var wanted bytes.Buffer
	var to []*entry
	for i := range entries {
		e := &entries[i]
		if strings.HasPrefix(e.mode, "100") && !matches(keep, e.path) {
			to = append(to, e)
			fmt.Fprintln(&wanted, e.object)
		}
	}
	out, err := r.pipe(ctx, &wanted, "cat-file", "--batch")
	if err != nil {
		return err
	}
	in := bufio.NewReader(bytes.NewReader(out))
	for _, e := range to {
		var object, kind string
		var size int
		if _, err := fmt.Fscanf(in, "%s %s %d\n", &object, &kind, &size); err != nil {
			return fmt.Errorf("read %s: %w", e.path, err)
		}
		e.content = make([]byte, size)
		if _, err := io.ReadFull(in, e.content); err != nil {
			return fmt.Errorf("read %s: %w", e.path, err)
		}
		if _, err := in.Discard(1); err != nil {
			return fmt.Errorf("read %s: %w", e.path, err)
		}
	}
	return nil
}

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// batch is mutants that are compiled together, because to compile takes longer
// than the tests of most packages. A process reads the number of the active
// mutant when it starts: the first one is 1, and with 0 the code is the real
// one. So the tests of a batch are built once for each package.
type batch struct {
	source  *source
	mutants []mutant
	// fixed means that the one mutant cannot be switched, and is always active.
	fixed bool
	// binaries are the compiled tests of packages.
	binaries map[string]string
	// reached has, for packages, the mutants that their tests execute. The others
	// survive the tests without a run.
	reached map[string]map[int]bool
}

// batches groups mutants. Edits of a batch do not overlap.
func batches(s *source, mutants []mutant) []*batch {
	var all []*batch
	for _, m := range mutants {
		fixed := !s.switchable(m)
		var b *batch
		if !fixed {
			if i := slices.IndexFunc(all, func(b *batch) bool { return b.fits(m) }); i >= 0 {
				b = all[i]
			}
		}
		if b == nil {
			b = newBatch(s, fixed)
			all = append(all, b)
		}
		b.mutants = append(b.mutants, m)
	}
	return all
}

func newBatch(s *source, fixed bool, mutants ...mutant) *batch {
	return &batch{source: s, mutants: mutants, fixed: fixed,
		binaries: make(map[string]string), reached: make(map[string]map[int]bool)}
}

// fits reports whether a mutant's form overlaps with none of the batch.
func (b *batch) fits(m mutant) bool {
	return !b.fixed && !slices.ContainsFunc(b.mutants, func(o mutant) bool {
		return o.file == m.file && o.form.start < m.form.end && m.form.start < o.form.end
	})
}

// switchable reports whether the mutant's form compiles. It does not if the
// language requires a constant, or if a type is not imported.
func (s *source) switchable(m mutant) bool {
	if m.form.text == "" {
		return false
	}
	text := m.form.number(1).apply(s.file(m.file).text)
	return s.check(map[string][]byte{m.file: text}, "package "+s.name()+"\n"+switchStub+switchFunctions, nil) == nil
}

func (s *source) name() string { return s.files[0].syntax.Name.Name }

// number returns the form of the n-th mutant of a batch.
func (e edit) number(n int) edit {
	e.text = strings.ReplaceAll(e.text, "\x00", strconv.Itoa(n))
	return e
}

// texts returns the texts of the files with mutants.
func (b *batch) texts() map[string][]byte {
	if b.fixed {
		m := b.mutants[0]
		return map[string][]byte{m.file: m.apply(b.source.file(m.file).text)}
	}
	edits := make(map[string][]edit)
	for i, m := range b.mutants {
		edits[m.file] = append(edits[m.file], m.form.number(i+1))
	}
	texts := make(map[string][]byte)
	for name, list := range edits {
		// From the last to the first, so that the offsets stay right.
		slices.SortFunc(list, func(a, b edit) int { return cmp.Compare(b.start, a.start) })
		text := b.source.file(name).text
		for _, e := range list {
			text = e.apply(text)
		}
		texts[name] = text
	}
	return texts
}

// overlay writes the files of a batch into a directory, and returns the path
// of the file for go's -overlay.
func (b *batch) overlay(dir string, s *switches) (string, error) {
	replace := make(map[string]string)
	write := func(path, text string) error {
		replacement := filepath.Join(dir, filepath.Base(path))
		replace[path] = replacement
		return os.WriteFile(replacement, []byte(text), 0o600)
	}
	for name, text := range b.texts() {
		if err := write(b.source.file(name).path, string(text)); err != nil {
			return "", err
		}
	}
	if !b.fixed {
		path := filepath.Join(filepath.Dir(b.source.files[0].path), switchFile)
		if err := write(path, fmt.Sprintf(switchText, b.source.name(), s.active, s.reached)+switchFunctions); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// unreached reports whether no test so far executes the code of the n-th mutant.
// For a fixed mutant this is unknown.
func (b *batch) unreached(n int) bool {
	for _, reached := range b.reached {
		if reached[n] {
			return false
		}
	}
	return len(b.reached) > 0
}

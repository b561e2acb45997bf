package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// edit is a replacement of bytes in a file.
type edit struct {
	start, end int
	text       string
}

// apply returns the text with the edit in it.
func (e edit) apply(text []byte) []byte {
	return slices.Concat(text[:e.start], []byte(e.text), text[e.end:])
}

// mutant is an edit of a file of a package.
type mutant struct {
	edit

	dir      string // of the package, as in target
	file     string // its name
	function string // Store.Item for a method; "-" outside of functions
	operator string
	line     int
	// before and after are the line at start, without indentation.
	before, after string
	// copy numbers the mutants that are otherwise alike in their function.
	copy int
	// form is the edit for a switchable mutant, if the operator has one.
	form edit
}

// describe sets the mutant's line, before and after.
func (m *mutant) describe(text []byte) {
	m.line = 1 + bytes.Count(text[:m.start], []byte("\n"))
	begin := bytes.LastIndexByte(text[:m.start], '\n') + 1
	m.before, m.after = firstLine(text[begin:]), firstLine(m.apply(text)[begin:])
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return strings.TrimSpace(string(line))
}

// String names the mutant's place, operator and change, on one line.
func (m *mutant) String() string {
	return fmt.Sprintf("%s/%s:%d %s %s: %s -> %s", m.dir, m.file, m.line, m.function, m.operator, m.before, m.after)
}

// rank orders mutants by seed. It depends on the mutant's text and function
// only, so that a change elsewhere in the package leaves the order as it is.
func (m *mutant) rank(seed uint64) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%d",
		seed, m.dir, m.file, m.function, m.operator, m.before, m.after, m.copy))
	return binary.BigEndian.Uint64(sum[:])
}

// number sets the copies of mutants, which have to be in the order of their
// file.
func number(mutants []mutant) {
	type key struct{ file, function, operator, before, after string }
	seen := make(map[key]int)
	for i := range mutants {
		m := &mutants[i]
		k := key{m.file, m.function, m.operator, m.before, m.after}
		m.copy = seen[k]
		seen[k]++
	}
}

// order returns the mutants as they are to be tried: by seed, and each operator
// in turn, so that a small number has a mutant of each operator.
func order(mutants []mutant, seed uint64) []mutant {
	type ranked struct {
		mutant
		turn int
		rank uint64
	}
	all := make([]ranked, len(mutants))
	for i, m := range mutants {
		all[i] = ranked{mutant: m, rank: m.rank(seed)}
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	turns := make(map[string]int)
	for i := range all {
		all[i].turn = turns[all[i].operator]
		turns[all[i].operator]++
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.turn, b.turn) })
	ordered := make([]mutant, len(all))
	for i := range all {
		ordered[i] = all[i].mutant
	}
	return ordered
}

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// module writes a module with the given files, and returns its directory.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	t.Setenv("GOWORK", "off")
	root := t.TempDir()
	files["go.mod"] = "module example.com/tiny\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// loaded loads the package p of a module of one file.
func loaded(t *testing.T, text string) *source {
	t.Helper()
	s, err := load(t.Context(), module(t, map[string]string{"p/p.go": text}), "p")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// changes are the mutants as "function operator: line -> mutant", by operator
// and then in the order of the file.
func changes(mutants []mutant, operators ...string) []string {
	var got []string
	for _, operator := range operators {
		for _, m := range mutants {
			if m.operator == operator {
				got = append(got, m.function+" "+m.operator+": "+m.before+" -> "+m.after)
			}
		}
	}
	return got
}

const operatorsText = `package p

import (
	"errors"
	"fmt"
	"log/slog"
)

const limit = 5

type T[K comparable] struct{ m map[K]int }

func (t *T[K]) conditions(a, b int, ok bool) bool {
	if a < b && ok {
		return true
	}
	for a >= b {
		a -= b
	}
	switch {
	case a > 0o17:
		return !ok
	}
	switch ok {
	case ok || false:
		b++
	}
	return ok
}

func statements(f func() bool, in chan int) (n int) {
	defer f()
	x := n * 2
	n = x % 3
	_ = n
	for n = 0; ; n++ {
		if f() {
			continue
		}
		break
	}
	select {
	case <-in:
		f()
	}
	slog.Info("text", "n", n+1)
	func() {
		if f() {
			return
		}
		f()
	}()
	_ = make([]int, 7, 8)
	_ = make(map[int]int, 9)
	return n
}

func failures(f func() error, g func() (int, error)) (int, error) {
	if err := f(); err != nil {
		return limit, fmt.Errorf("f: %w", err)
	} else if err == nil {
		return 0, nil
	}
	if f() != nil || false {
		return 0, func() error { return errors.New("g") }()
	}
	return g()
}
`

func TestOperators(t *testing.T) {
	s := loaded(t, operatorsText)
	got := changes(s.mutants(), opNegate, opLogic, opBoundary, opArithmetic, opRemove, opDrop, opBoolean, opConstant)
	want := []string{
		"T.conditions negate: if a < b && ok { -> if !(a < b && ok) {",
		"T.conditions negate: for a >= b { -> for !(a >= b) {",
		"T.conditions negate: case a > 0o17: -> case !(a > 0o17):",
		"T.conditions negate: return !ok -> return !(!ok)",
		"T.conditions negate: return ok -> return !(ok)",
		"statements negate: if f() { -> if !(f()) {",
		"statements negate: if f() { -> if !(f()) {",
		"failures negate: if f() != nil || false { -> if !(f() != nil || false) {",

		"T.conditions logic: if a < b && ok { -> if a < b || ok {",
		"T.conditions logic: case ok || false: -> case ok && false:",
		"failures logic: if f() != nil || false { -> if f() != nil && false {",

		"T.conditions boundary: if a < b && ok { -> if a <= b && ok {",
		"T.conditions boundary: for a >= b { -> for a > b {",
		"T.conditions boundary: case a > 0o17: -> case a >= 0o17:",

		"T.conditions arithmetic: a -= b -> a += b",
		"T.conditions arithmetic: b++ -> b--",
		"statements arithmetic: x := n * 2 -> x := n / 2",
		"statements arithmetic: n = x % 3 -> n = x * 3",
		"statements arithmetic: for n = 0; ; n++ { -> for n = 0; ; n-- {",

		"statements remove: n = x % 3 -> if false { n = x % 3 }",
		"statements remove: continue -> if false { continue }",
		"statements remove: break -> if false { break }",
		"statements remove: f() -> if false { f() }",
		"statements remove: func() { -> if false { func() {",
		"statements remove: return -> if false { return }",
		"statements remove: f() -> if false { f() }",

		"failures drop: if err := f(); err != nil { -> if err := f(); err != nil && false {",
		`failures drop: return limit, fmt.Errorf("f: %w", err) -> _ = fmt.Errorf("f: %w", err); return limit, nil`,
		"failures drop: } else if err == nil { -> } else if err == nil || true {",
		`failures drop: return 0, func() error { return errors.New("g") }() -> ` +
			`_ = func() error { return errors.New("g") }(); return 0, nil`,
		`failures drop: return 0, func() error { return errors.New("g") }() -> ` +
			`return 0, func() error { _ = errors.New("g"); return nil }()`,

		"T.conditions boolean: return true -> return false",
		"T.conditions boolean: case ok || false: -> case ok || true:",
		"failures boolean: if f() != nil || false { -> if f() != nil || true {",

		"- constant: const limit = 5 -> const limit = 6",
		"statements constant: x := n * 2 -> x := n * 3",
		"statements constant: n = x % 3 -> n = x % 4",
		"statements constant: for n = 0; ; n++ { -> for n = 1; ; n++ {",
		"statements constant: _ = make([]int, 7, 8) -> _ = make([]int, 8, 8)",
		"failures constant: return 0, nil -> return 1, nil",
		`failures constant: return 0, func() error { return errors.New("g") }() -> return 1, func() error { return errors.New("g") }()`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, m := range s.mutants() {
		if !s.compiles(m) {
			t.Errorf("%s does not compile", m.String())
		}
		// A required constant cannot be switched, nor can the statement after a
		// loop's condition.
		fixed := m.before == "const limit = 5" || strings.HasPrefix(m.before, "for n = 0") && m.operator == opArithmetic
		if s.switchable(m) == fixed {
			t.Errorf("%s: switchable: %t", m.String(), !fixed)
		}
	}
}

func TestMutantThatDoesNotCompileIsFound(t *testing.T) {
	s := loaded(t, "package p\n\nfunc F(a string) string { return a + a }\n")
	mutants := s.mutants()
	if got, want := changes(mutants, opArithmetic), []string{
		"F arithmetic: func F(a string) string { return a + a } -> func F(a string) string { return a - a }",
	}; !slices.Equal(got, want) {
		t.Fatalf("mutants %q, want %q", got, want)
	}
	if s.compiles(mutants[0]) {
		t.Errorf("%s compiles", mutants[0].String())
	}
}

func TestGeneratedFilesHaveNoMutants(t *testing.T) {
	s, err := load(t.Context(), module(t, map[string]string{
		"p/a.go":      "package p\n\nconst A = 1\n",
		"p/b.go":      "// Code generated by hand. DO NOT EDIT.\n\npackage p\n\nconst B = 1\n",
		"p/a_test.go": "package p\n\nconst C = 1\n",
	}), "p")
	if err != nil {
		t.Fatal(err)
	}
	if mutants := s.mutants(); len(mutants) != 1 || mutants[0].file != "a.go" {
		t.Errorf("mutants %v, want one in a.go", mutants)
	}
}

func TestMutantReplacesItsBytesOnly(t *testing.T) {
	const before = "package p\n\nvar A, B = 1, 2 // 1, 2\n"
	s := loaded(t, before)
	mutants := s.mutants()
	if len(mutants) != 2 {
		t.Fatalf("mutants %v, want 2", mutants)
	}
	if got, want := string(mutants[1].apply(s.files[0].text)), "package p\n\nvar A, B = 1, 3 // 1, 2\n"; got != want {
		t.Errorf("file %q, want %q", got, want)
	}
	if mutants[1].line != 3 {
		t.Errorf("line %d, want 3", mutants[1].line)
	}
	if got := string(s.files[0].text); got != before {
		t.Errorf("the source became %q", got)
	}
}

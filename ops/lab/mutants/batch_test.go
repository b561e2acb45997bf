package main

import (
	"strings"
	"testing"
)

func TestBatchesCompile(t *testing.T) {
	s := loaded(t, operatorsText)
	mutants := s.mutants()
	all := batches(s, mutants)
	seen, fixed := 0, 0
	for _, b := range all {
		seen += len(b.mutants)
		extra := "package p\n" + switchStub + switchFunctions
		if b.fixed {
			fixed++
			extra = ""
		}
		if b.fixed && len(b.mutants) != 1 {
			t.Errorf("%d mutants are compiled together and cannot be switched", len(b.mutants))
		}
		if err := s.check(b.texts(), extra, nil); err != nil {
			t.Errorf("a batch of %d mutants: %v", len(b.mutants), err)
		}
	}
	if seen != len(mutants) {
		t.Errorf("%d of %d mutants are in a batch", seen, len(mutants))
	}
	if len(all)-fixed > 4 {
		t.Errorf("%d batches of %d mutants", len(all)-fixed, len(mutants))
	}
}

// switchedText has a mutant of each operator and kind of code, and its test
// kills each of them.
const (
	switchedText = `package tiny

import (
	"errors"
	"time"
)

type flag bool

func Less(a, b int) bool    { return a < b }
func If(a, b, c bool) bool  { return a && b || !a && c }
func Sum(a, b int) int      { return a + b*2 }
func Wait() time.Duration   { return 3 * time.Second }
func Not(f flag) flag       { return !f }
func Yes() bool             { return true }
func Fail() error           { return errors.New("fail") }
func Pair() (string, error) { return "a", errors.New("pair") }

func Count(list []int) (n int) {
	for _, x := range list {
		if x == 4 {
			continue
		}
		if x == 7 {
			break
		}
		n++
		n += x
	}
	return n
}

func Set(p *int, by int, err error) bool {
	if err != nil {
		return false
	}
	*p = 6
	add(p, by)
	return *p > 8
}

func add(p *int, by int) { *p = *p + by }
`
	switchedTest = `package tiny

import (
	"errors"
	"testing"
	"time"
)

func TestAll(t *testing.T) {
	two, three, none := 0, 0, 5
	second, third, failed := Set(&two, 2, nil), Set(&three, 3, nil), Set(&none, 3, errors.New("set"))
	s, err := Pair()
	for i, ok := range []bool{
		Less(1, 2), !Less(2, 2), If(true, true, false), !If(true, false, true), If(false, false, true), !If(false, true, false),
		Sum(1, 3) == 7, Wait() == 3*time.Second, bool(Not(false)), Yes(), Fail() != nil, s == "a", err != nil,
		Count([]int{1, 4, 3, 7, 9}) == 6, !second, two == 8, third, three == 9, !failed, none == 5,
	} {
		if !ok {
			t.Error(i)
		}
	}
}
`
)

func TestSwitchedMutantsAreKilled(t *testing.T) {
	l, out, progress := tinyLab(t, map[string]string{"tiny/tiny.go": switchedText, "tiny/tiny_test.go": switchedTest})
	l.packages[0].users, l.count = nil, 1000
	if err := l.mutateAll(t.Context()); err != nil {
		t.Error(err)
	}
	if strings.Contains(out.String(), " -> ") {
		t.Errorf("survivors:\n%s", out)
	}
	if strings.Contains(progress.String(), "cannot be used") || strings.Contains(progress.String(), "without a mutant") {
		t.Errorf("not all mutants are switched:\n%s", progress)
	}
}

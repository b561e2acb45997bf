package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var compareMutants = cmp.AllowUnexported(mutant{}, edit{})

const orderText = `package p

func F(a, b int) bool {
	a = a + 1
	a = a + 1
	return a < b && a > 10 || b > 20
}

func G(a, b int) bool {
	a = a + 3
	return a < b && a > 30
}
`

func TestSeedAloneDecidesTheOrder(t *testing.T) {
	mutants := loaded(t, orderText).mutants()
	first := order(mutants, 1)
	reversed := slices.Clone(mutants)
	slices.Reverse(reversed)
	if diff := cmp.Diff(first, order(reversed, 1), compareMutants); diff != "" {
		t.Errorf("the order of the files matters:\n%s", diff)
	}
	if cmp.Equal(first, order(mutants, 2), compareMutants) {
		t.Error("seeds 1 and 2 give the same order")
	}
}

func TestChangeElsewhereKeepsTheOrder(t *testing.T) {
	const added = "// H is new.\nfunc H() {}\n\n"
	at := len("package p\n\n")
	before := order(loaded(t, orderText).mutants(), 1)
	after := order(loaded(t, orderText[:at]+added+orderText[at:]).mutants(), 1)
	if len(before) != len(after) {
		t.Fatalf("%d mutants became %d", len(before), len(after))
	}
	for i := range before {
		if before[i].line == after[i].line {
			t.Errorf("%s is still in its line", after[i].String())
		}
		after[i].line, after[i].edit, after[i].form = before[i].line, before[i].edit, before[i].form
	}
	if diff := cmp.Diff(before, after, compareMutants); diff != "" {
		t.Error(diff)
	}
}

func TestEachOperatorHasItsTurn(t *testing.T) {
	mutants := loaded(t, orderText).mutants()
	operators := make(map[string]bool)
	for _, m := range mutants {
		operators[m.operator] = true
	}
	for seed := range uint64(20) {
		seen := make(map[string]bool)
		for _, m := range order(mutants, seed)[:len(operators)] {
			seen[m.operator] = true
		}
		if len(seen) != len(operators) {
			t.Errorf("seed %d begins with %d of %d operators", seed, len(seen), len(operators))
		}
	}
}

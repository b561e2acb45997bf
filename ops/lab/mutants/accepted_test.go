package main

import (
	"strings"
	"testing"
)

func TestAcceptedFileIsValid(t *testing.T) {
	if _, err := parseAccepted(acceptedText); err != nil {
		t.Error(err)
	}
}

const acceptedExample = `# A comment.

shared/cron/cron.go F arithmetic
- a = a + 1
The result is not used,
not even later.

shared/cron/cron.go F constant
	- return a < b && a > 10 || b > 20
	+ return a < b && a > 11 || b > 20
	Ten does not occur.

shared/cron/cron.go F arithmetic
- return a < b
Gone.

shared/model/cron.go F arithmetic
- a = a + 1
Another package.
`

func TestAcceptedMutantsAreNotChosen(t *testing.T) {
	accepted, err := parseAccepted(acceptedExample)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := accepted[0].reason, "The result is not used, not even later."; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	mutants := loaded(t, orderText).mutants()
	for i := range mutants {
		mutants[i].dir, mutants[i].file = "shared/cron", "cron.go"
	}
	rest, stale := withoutAccepted(mutants, accepted, "shared/cron")
	if got, want := len(mutants)-len(rest), 3; got != want {
		t.Errorf("%d mutants are accepted, want %d", got, want)
	}
	for _, m := range rest {
		if m.before == "a = a + 1" && m.operator == opArithmetic || strings.Contains(m.after, "11") {
			t.Errorf("%s is not accepted", m.String())
		}
	}
	if len(stale) != 1 || stale[0].before != "return a < b" {
		t.Errorf("stale entries %+v, want the third one", stale)
	}
}

func TestBadAcceptedEntryIsNamed(t *testing.T) {
	for name, text := range map[string]string{
		"place":   "shared/cron/cron.go F\n- a\nReason",
		"package": "shared/other/cron.go F negate\n- a\nReason",
		"line":    "shared/cron/cron.go F negate\na\nReason",
		"reason":  "shared/cron/cron.go F negate\n- a\n+ b",
	} {
		first, _, _ := strings.Cut(text, "\n")
		if _, err := parseAccepted(text); err == nil || !strings.Contains(err.Error(), first) {
			t.Errorf("%s: error %v, want one with %q", name, err, first)
		}
	}
}

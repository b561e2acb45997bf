package main

import (
	"strings"
	"testing"
)

const events = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: no Postgres: set a variable\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Elapsed":1.5}
`

const panicking = events + `{"Action":"run","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Test":"TestC","Output":"panic: x\n"}
{"Action":"fail","Package":"q","Elapsed":0.1}
`

func TestReport(t *testing.T) {
	t.Parallel()
	declared := "# comment\nunit | no Postgres: | needs Postgres\nother | loud | x\n"
	failing := strings.NewReplacer(`"Action":"pass","Package":"p","Test"`, `"Action":"fail","Package":"p","Test"`).Replace(events)
	for _, tt := range []struct {
		name, suite, events, prints, fails string
	}{
		{"DeclaredSkipIsCounted", "unit", events, "skipped 1: needs Postgres\n1 packages\n1 passed, 0 failed, 1 skipped\n", ""},
		{"UndeclaredSkipFails", "other", events, "1 passed, 0 failed, 1 skipped", "p TestB is skipped"},
		{"FailurePrintsItsOutput", "unit", failing, "quiet\n", "no test passed"},
		{"PanicPrintsItsOutput", "unit", panicking, "panic: x\n", ""},
		{"NoTestFails", "unit", "", "0 passed", "no test passed"},
		{"CompilerErrorIsPrinted", "unit", "x.go:1: broken\n" + events, "x.go:1: broken\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rules, err := parseRules(declared, tt.suite)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			r := report{out: &out}
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			err = r.print(rules)
			if !strings.Contains(out.String(), tt.prints) {
				t.Errorf("printed:\n%s\nwant %q", out.String(), tt.prints)
			}
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("got %v, want %q", err, tt.fails)
			}
		})
	}
}

func TestSkipsFileIsValid(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{"unit", "integration"} {
		if rules, err := parseRules(skips, suite); err != nil || len(rules) == 0 {
			t.Errorf("%s: %v, %v", suite, rules, err)
		}
	}
	if _, err := parseRules("unit | only two", "unit"); err == nil {
		t.Error("a line of two fields was accepted")
	}
}

package main

import (
	"maps"
	"strings"
	"testing"
)

// TestReached: among findings for a module, a package and a function, the code
// reaches only the last.
func TestReached(t *testing.T) {
	t.Parallel()
	const report = `{"config": {"protocol_version": "v1.0.0"}}
{"osv": {"id": "GO-2026-0001"}}
{"finding": {"osv": "GO-2026-0001", "fixed_version": "v1.2.3", "trace": [{"module": "m"}]}}
{"finding": {"osv": "GO-2026-0002", "trace": [{"module": "m", "package": "m/p"}]}}
{"finding": {"osv": "GO-2026-0003", "fixed_version": "v1.2.4", "trace": [{"module": "m", "package": "m/p", "function": "F"}]}}
{"finding": {"osv": "GO-2026-0004", "trace": [{"module": "m", "package": "m/p", "function": "G"}]}}
`
	got := map[string]string{}
	if err := reached(strings.NewReader(report), got); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"GO-2026-0003": "v1.2.4", "GO-2026-0004": noFix}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := reached(strings.NewReader(report[:len(report)-9]), got); err == nil {
		t.Error("half a report is accepted as a whole one")
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const today = "2026-11-30"
	for _, test := range []struct {
		name     string
		found    map[string]string
		accepted string
		want     string // "": no fault
	}{
		{"nothing", nil, "# a comment\n\n", ""},
		{"with a fix", map[string]string{"GO-1": "v1.2.3"}, "", "GO-1 (https://pkg.go.dev/vuln/GO-1): update to v1.2.3"},
		{"without a fix", map[string]string{"GO-1": noFix}, "", "there is no fix yet"},
		{"accepted", map[string]string{"GO-1": noFix}, "GO-1 2026-11-30 only reads its own files", ""},
		{"another is accepted", map[string]string{"GO-10": noFix, "GO-1": noFix}, "GO-1 2026-12-31 only reads its own files", "GO-10"},
		{"accepted until yesterday", map[string]string{"GO-1": noFix}, "GO-1 2026-11-29 only reads its own files", "look for a fix again"},
		{"accepted, and has a fix", map[string]string{"GO-1": "v1.2.3"}, "GO-1 2026-12-31 only reads its own files", "has a fix now"},
		{"accepted, and gone", nil, "GO-1 2026-12-31 only reads its own files", "not found any more"},
		{"no reason", map[string]string{"GO-1": noFix}, "GO-1 2026-12-31", "needs a last day and a reason"},
		{"no date", map[string]string{"GO-1": noFix}, "GO-1 soon it reads its own files", "needs a last day such as"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			exceptions, err := parse(test.accepted)
			if err == nil {
				err = judge(test.found, exceptions, today)
			}
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

// TestAccepted: the real file can be parsed.
func TestAccepted(t *testing.T) {
	t.Parallel()
	if _, err := parse(accepted); err != nil {
		t.Error(err)
	}
}

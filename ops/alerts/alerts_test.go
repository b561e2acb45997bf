package alerts

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//go:generate go test . -run ^TestFiles$ -update

var update = flag.Bool("update", false, "write the files instead of comparing them")

const root = "../../"

// TestFiles compares the generated files with the declarations. A stale file, a
// missing one, or one without a declaration fails it.
func TestFiles(t *testing.T) {
	t.Parallel()
	all := declarations(t)
	hold(t, "ops/alerts/rules.yml", Rules(all))
	alarms, err := Alarms(all)
	if err != nil {
		t.Fatal(err)
	}
	hold(t, "infra/terraform-ecs/alarms.tf.json", alarms)
	dashboard, err := Dashboard(all)
	if err != nil {
		t.Fatal(err)
	}
	hold(t, "infra/terraform-ecs/dashboard.tf.json", dashboard)
	dashboards, err := Dashboards(all)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range dashboards {
		hold(t, "ops/dashboards/"+name, want)
	}
	there, err := filepath.Glob(root + "ops/dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, ok := dashboards[filepath.Base(path)]; !ok {
			t.Errorf("no declaration generates %s: delete it", path)
		}
	}
}

// hold compares the file name with want, or writes it.
func hold(t *testing.T, name, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(root + name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is stale; `go tool task generate` writes it (-wanted +there):\n%s", name, diff)
	}
}

// sections are the sections of an alert's runbook, in this order.
var sections = []string{"## Impact", "## Diagnosis", "## Repair", "## Verification"}

// TestRunbooks: each alert has its runbook, the index names it, and it has all
// sections.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile(root + "ops/runbooks/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range declarations(t) {
		page, err := os.ReadFile(root + a.Runbook())
		if err != nil {
			t.Errorf("the alert %s has no runbook: %v", a.Name, err)
			continue
		}
		if !strings.Contains(string(index), "("+a.Name+".md)") {
			t.Errorf("ops/runbooks/README.md does not name %s.md", a.Name)
		}
		rest := string(page)
		for _, section := range sections {
			_, after, found := strings.Cut(rest, "\n"+section+"\n")
			if !found {
				t.Errorf("%s has no %q, or not in this order: %q", a.Runbook(), section, sections)
				break
			}
			rest = after
		}
		if len(a.Alarms) > 0 && !strings.Contains(string(page), "aws ") {
			t.Errorf("%s has an alarm on AWS, but its runbook has no aws command", a.Name)
		}
	}
}

// TestDeclarations: names are unique, because they identify runbooks, and each
// alert can fire.
func TestDeclarations(t *testing.T) {
	t.Parallel()
	var names []string
	for _, a := range declarations(t) {
		if slices.Contains(names, a.Name) {
			t.Errorf("two alerts are called %s", a.Name)
		}
		names = append(names, a.Name)
		if len(a.Rules) == 0 || a.Summary == "" || a.Title == "" || a.Severity != Page && a.Severity != Ticket {
			t.Errorf("incomplete: %+v", a)
		}
		for _, r := range a.Rules {
			if r.Expr() == "" || (len(a.Rules) > 1) != (r.Speed != "") {
				t.Errorf("%s: rules without an expression or a distinct label: %+v", a.Name, r)
			}
		}
	}
}

func declarations(t *testing.T) []Alert {
	t.Helper()
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRunbooksNameTheEnvironmentOnce: a pasted AWS command must not look at
// another environment.
func TestRunbooksNameTheEnvironmentOnce(t *testing.T) {
	t.Parallel()
	for _, a := range declarations(t) {
		text, err := os.ReadFile(root + a.Runbook())
		if err != nil {
			t.Fatal(err)
		}
		if named := strings.Count(string(text), "\nENV=prod"); strings.Contains(string(text), "\naws ") && named != 1 {
			t.Errorf("%s names its environment %d times", a.Runbook(), named)
		}
		for _, environment := range []string{"fualab-dev", "/fualab/dev", "fualab-prod", "/fualab/prod"} {
			if strings.Contains(string(text), environment) {
				t.Errorf("%s has a command for %s", a.Runbook(), environment)
			}
		}
	}
}

// TestSeverities: pages are for alerts that users notice at once.
func TestSeverities(t *testing.T) {
	t.Parallel()
	for _, a := range declarations(t) {
		for _, word := range []string{"prune", "purge", "rollup"} {
			if strings.Contains(a.Name, word) && a.Severity != Ticket {
				t.Errorf("%s pages a person, and no user notices it", a.Name)
			}
		}
	}
}

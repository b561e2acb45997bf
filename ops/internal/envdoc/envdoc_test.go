package envdoc

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

//go:generate go test . -run ^TestFiles$ -update

var update = flag.Bool("update", false, "write the documentation instead of comparing it")

const root = "../../../"

// TestFiles compares the documentation with the structs.
func TestFiles(t *testing.T) {
	t.Parallel()
	vs := Variables()
	t.Run(".env.example", func(t *testing.T) {
		t.Parallel()
		hold(t, root+".env.example", func(string) (string, error) { return Example(vs), nil })
	})
	t.Run("settings.md", func(t *testing.T) {
		t.Parallel()
		hold(t, root+"ops/settings.md", func(page string) (string, error) { return Splice(page, Table(vs)) })
	})
}

// hold compares the file name with the output of render, or writes it.
func hold(t *testing.T, name string, render func(string) (string, error)) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	want, err := render(string(got))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is stale; `go tool task generate` writes it (-wanted +there):\n%s", name, diff)
	}
}

// TestNames compares the names that every program knows with the structs.
func TestNames(t *testing.T) {
	t.Parallel()
	var want []string
	for _, v := range Variables() {
		want = append(want, v.Name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, config.Names); diff != "" {
		t.Errorf("Names of shared/config, in variables.go and product.go, are not the sorted variables of the programs (-wanted +there):\n%s", diff)
	}
}

func TestEveryVariableIsDocumented(t *testing.T) {
	t.Parallel()
	for _, v := range Variables() {
		if v.Doc == "" {
			t.Errorf("%s: its field has no doc tag", v.Name)
		}
		if v.Defaults[0].Value == "" && v.Sample == "" {
			t.Errorf("%s: its field has neither a default nor an example", v.Name)
		}
		if len(v.Doc) > 0 && strings.HasSuffix(v.Doc, ".") {
			t.Errorf("%s: its doc tag ends with a full stop", v.Name)
		}
	}
}

func TestSplice(t *testing.T) {
	t.Parallel()
	got, err := Splice("before\n"+Begin+"\nold\n"+End+"\nafter\n", "| new |\n")
	want := "before\n" + Begin + "\n| new |\n" + End + "\nafter\n"
	if err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, page := range []string{"", Begin, End, End + Begin} {
		if _, err := Splice(page, ""); err == nil || !strings.Contains(err.Error(), "add the line "+Begin) {
			t.Errorf("a page with %q: %v", page, err)
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"info":       "info",
		"FUALab API": "'FUALab API'",
		"it's":       `'it'\''s'`,
		"a:b/c@d%20": "a:b/c@d%20",
	} {
		if got := quoted(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}

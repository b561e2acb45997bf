package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	tinyText = `package tiny

// Own has a test here.
func Own(a, b int) bool { return a < b }

// Users has a test in its user.
func Users(a int) int { return -a * 3 }

// None has no test.
func None() bool { return true }
`
	tinyTest = `package tiny

import "testing"

func TestOwn(t *testing.T) {
	if !Own(1, 2) || Own(2, 2) {
		t.Error("Own")
	}
}
`
	userTest = `package user_test

import (
	"testing"

	"example.com/tiny/tiny"
)

func TestUsers(t *testing.T) {
	if tiny.Users(2) != -6 {
		t.Error("Users")
	}
}
`
)

// tinyLab mutates the package tiny of a module, which has one user.
func tinyLab(t *testing.T, files map[string]string) (l *lab, out, progress *bytes.Buffer) {
	t.Helper()
	root := module(t, files)
	tests, err := newTests(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tests.close(); err != nil {
			t.Error(err)
		}
	})
	out, progress = new(bytes.Buffer), new(bytes.Buffer)
	return &lab{
		options: options{seed: 1, count: 100, least: 81, packages: []target{{"tiny", []string{"user"}}}},
		root:    root, tests: tests, out: out, progress: progress,
	}, out, progress
}

func tinyFiles() map[string]string {
	return map[string]string{"tiny/tiny.go": tinyText, "tiny/tiny_test.go": tinyTest, "user/user_test.go": userTest}
}

func TestTestsKillMutants(t *testing.T) {
	l, out, progress := tinyLab(t, tinyFiles())
	err := l.mutateAll(t.Context())
	const wantErr = "tiny: 80 % killed, less than 81 %"
	if err == nil || err.Error() != wantErr {
		t.Errorf("error %v, want %s", err, wantErr)
	}
	survivor, table, _ := strings.Cut(out.String(), "\n")
	const wantSurvivor = "tiny/tiny.go:10 None boolean: func None() bool { return true } -> func None() bool { return false } (not executed by a test)"
	if survivor != wantSurvivor {
		t.Errorf("survivor %s, want %s", survivor, wantSurvivor)
	}
	last := strings.Fields(table[strings.LastIndex(strings.TrimSpace(table), "\n")+1:])
	if got, want := strings.Join(last[:4], " "), "tiny 4 5 80"; got != want {
		t.Errorf("last line of the table %q, want %s", got, want)
	}
	for _, want := range []string{
		"killed by tiny, ",
		"killed by user, ",
		"survives, ",
	} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("the progress lacks %q:\n%s", want, progress)
		}
	}
}

func TestEnoughKilledIsNoError(t *testing.T) {
	l, _, _ := tinyLab(t, tinyFiles())
	l.least = 80
	if err := l.mutateAll(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFailureWithoutMutantIsAnError(t *testing.T) {
	for name, file := range map[string]string{"own": "tiny/tiny_test.go", "user": "user/user_test.go"} {
		t.Run(name, func(t *testing.T) {
			files := tinyFiles()
			files[file] = strings.ReplaceAll(files[file], "t.Error(", "}; if true { t.Error(")
			l, _, _ := tinyLab(t, files)
			if err := l.mutateAll(t.Context()); err == nil || !strings.Contains(err.Error(), "fail without a mutant") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestEndlessMutantIsKilled(t *testing.T) {
	l, out, _ := tinyLab(t, map[string]string{
		"tiny/tiny.go":      "package tiny\n\nfunc F(n int) {\n\tfor n != 0 {\n\t\tn--\n\t}\n}\n",
		"tiny/tiny_test.go": "package tiny\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F(-0); F(1) }\n",
		"user/user_test.go": userTest,
	})
	l.packages[0].users, l.tests.least, l.least = nil, 100*time.Millisecond, 0
	if err := l.mutateAll(t.Context()); err != nil {
		t.Error(err)
	}
	if strings.Contains(out.String(), "n-- -> n++") {
		t.Errorf("the mutant without an end survives:\n%s", out)
	}
}

func TestMutantThatBreaksTheTestsBuildIsNotCounted(t *testing.T) {
	l, out, _ := tinyLab(t, map[string]string{
		"tiny/tiny.go":      "package tiny\n\nconst N = 2\n",
		"tiny/tiny_test.go": "package tiny\n\nvar _ [3 - N]int = [1]int{}\n",
	})
	if err := l.mutateAll(t.Context()); err != nil || out.Len() > 0 {
		t.Errorf("error %v, output %q", err, out)
	}
}

func TestBudgetEndsAPackage(t *testing.T) {
	l, _, progress := tinyLab(t, tinyFiles())
	l.budget = time.Nanosecond
	if err := l.mutateAll(t.Context()); err != nil || !strings.Contains(progress.String(), "after 0 of 100 mutants") {
		t.Errorf("error %v, progress\n%s", err, progress)
	}
}

func TestInterruptEndsTheRun(t *testing.T) {
	l, _, _ := tinyLab(t, tinyFiles())
	l.packages = append(l.packages, l.packages[0])
	ctx, cancel := context.WithCancel(t.Context())
	l.progress = writerFunc(func(p []byte) (int, error) {
		if bytes.HasPrefix(p, []byte("1/100 ")) {
			cancel()
		}
		return len(p), nil
	})
	out := new(bytes.Buffer)
	l.out = out
	if err := l.mutateAll(ctx); err == nil || err.Error() != "tiny: context canceled" {
		t.Errorf("error %v, want one of the first package alone", err)
	}
	if !strings.Contains(out.String(), "tiny") {
		t.Errorf("no table of the mutants before the interrupt: %q", out)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestStaleAcceptanceIsAnErrorOnDemand(t *testing.T) {
	l, _, _ := tinyLab(t, tinyFiles())
	l.count = 0
	l.accepted = []acceptance{{dir: "tiny", file: "tiny.go", function: "Old", operator: opNegate, before: "if a {"}}
	if err := l.mutateAll(t.Context()); err != nil {
		t.Error(err)
	}
	l.checkAccepted = true
	if err := l.mutateAll(t.Context()); err == nil || !strings.Contains(err.Error(), "tiny/tiny.go Old negate\n- if a {") {
		t.Errorf("error %v", err)
	}
}

func TestFlagsMayFollowPackages(t *testing.T) {
	o, err := parse([]string{"-count", "3", "-package", "shared/cron", "shared/model", "-own", "infra/deploy"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range o.packages {
		got = append(got, p.dir)
		if p.users != nil {
			t.Errorf("%s has users in spite of -own", p.dir)
		}
	}
	if want := "shared/cron shared/model infra/deploy"; strings.Join(got, " ") != want || o.count != 3 {
		t.Errorf("packages %q and count %d, want %s and 3", got, o.count, want)
	}
}

func TestUnknownPackageIsAnError(t *testing.T) {
	err := run(t.Context(), []string{"-package", "shared/cron", "shared/other"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `"shared/other"`) {
		t.Errorf("error %v", err)
	}
}

func TestEachListedPackageHasTests(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range targets {
		for _, dir := range append([]string{p.dir}, p.users...) {
			files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
			if err != nil || len(files) == 0 {
				t.Errorf("%s has no tests (error %v)", dir, err)
			}
		}
	}
}

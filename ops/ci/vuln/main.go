// Command vuln looks for known vulnerabilities that the code reaches, in each module of the workspace, by govulncheck.
// It fails unless each of them is accepted in accepted.txt. A line there also fails when its date has passed, when a fix
// exists, or when its vulnerability is no longer found.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

//go:embed accepted.txt
var accepted string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "vuln:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	exceptions, err := parse(accepted)
	if err != nil {
		return err
	}
	modules, err := output(ctx, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	alone := append(os.Environ(), "GOWORK=off")
	govulncheck, err := output(ctx, "ops", alone, "go", "tool", "-modfile=tools/go.mod", "-n", "govulncheck")
	if err != nil {
		return err
	}
	found := map[string]string{}
	for dir := range strings.Lines(modules) {
		dir = strings.TrimSpace(dir)
		report, err := output(ctx, dir, alone, strings.TrimSpace(govulncheck), "-format", "json", "./...")
		if err != nil {
			return err
		}
		if err := reached(strings.NewReader(report), found); err != nil {
			return fmt.Errorf("read govulncheck's report of %s: %w", dir, err)
		}
	}
	return judge(found, exceptions, time.Now().UTC().Format(time.DateOnly))
}

// output returns the standard output of a successful program. A module takes minutes at most.
func output(ctx context.Context, dir string, environ []string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the programs above
	cmd.Dir, cmd.Env, cmd.Stderr = dir, environ, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s in %s: %w", name, strings.Join(args, " "), dir, err)
	}
	return string(out), nil
}

// noFix is the fixed version of a vulnerability without one.
const noFix = ""

// reached adds the vulnerabilities that report calls to found, with the version that fixes each. The report is a
// sequence of JSON objects; a finding whose trace begins with a function is one that the code reaches.
func reached(report io.Reader, found map[string]string) error {
	type message struct {
		Finding *struct {
			OSV   string `json:"osv"`
			Fixed string `json:"fixed_version"`
			Trace []struct {
				Function string `json:"function"`
			} `json:"trace"`
		} `json:"finding"`
	}
	for d := json.NewDecoder(report); ; {
		var m message
		err := d.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if f := m.Finding; f != nil && len(f.Trace) > 0 && f.Trace[0].Function != "" {
			found[f.OSV] = f.Fixed
		}
	}
}

// exception accepts a vulnerability.
type exception struct {
	id    string
	until string // its last day, as 2026-11-30
}

// parse reads lines of an id, a last day and a reason. An empty line, and one that begins with #, has none.
func parse(text string) ([]exception, error) {
	var list []exception
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("accepted.txt: %s needs a last day and a reason", fields[0])
		}
		if _, err := time.Parse(time.DateOnly, fields[1]); err != nil {
			return nil, fmt.Errorf("accepted.txt: %s needs a last day such as 2027-01-31 before its reason", fields[0])
		}
		list = append(list, exception{fields[0], fields[1]})
	}
	return list, nil
}

// judge returns an error that names the cure for each unaccepted vulnerability and each invalid exception.
func judge(found map[string]string, exceptions []exception, today string) error {
	accepted := map[string]bool{}
	var faults []error
	for _, e := range exceptions {
		accepted[e.id] = true
		fixed, still := found[e.id]
		switch {
		case !still:
			faults = append(faults, fmt.Errorf("%s is not found any more: delete its line in accepted.txt", e.id))
		case fixed != noFix:
			faults = append(faults, fmt.Errorf("%s has a fix now: update to %s, and delete its line in accepted.txt", e.id, fixed))
		case e.until < today:
			faults = append(faults, fmt.Errorf("%s was accepted until %s: look for a fix again", e.id, e.until))
		}
	}
	for id, fixed := range found {
		if accepted[id] {
			continue
		}
		cure := "update to " + fixed
		if fixed == noFix {
			cure = "there is no fix yet: avoid the function, or accept it in ops/ci/vuln/accepted.txt"
		}
		faults = append(faults, fmt.Errorf("the code reaches %s (https://pkg.go.dev/vuln/%s): %s", id, id, cure))
	}
	return errors.Join(faults...)
}

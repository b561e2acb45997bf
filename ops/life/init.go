package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fualab/fualab/ops/life/names"
)

// initialise gives the clone the names of a product. It leaves all changes in the index, for a commit.
func initialise(ctx context.Context, r *repository, args []string, in io.Reader) error {
	flags := flag.NewFlagSet("init", flag.ContinueOnError)
	var answers names.Names
	for _, role := range names.Roles {
		flags.StringVar(role.Of(&answers), role.Name, "", role.Question)
	}
	from := flags.String("from", "", "a JSON file with the names, such as {\"product\": \"Acme Shop\", \"repository\": \"acme/shop\"}")
	upstream := flags.String("upstream", "", "the address from which updates come; the platform's repository unless given")
	base := flags.String("base", "HEAD", "the commit of the platform that the files are from, in a copy without its history")
	dry := flags.Bool("dry-run", false, "tell the plan, and change nothing")
	after := flags.Bool("after", true, "write generated files anew")
	rest, err := parse(flags, r.out, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %q follows the flags", errUsage, rest[0])
	}
	d, err := r.declaration()
	if err != nil {
		return err
	}
	if d.Origin != nil {
		return fmt.Errorf("this is %s already: a clone has its names for life, so begin another product in another clone of the platform", d.Names.Product)
	}
	if !*dry {
		if err := r.clean(ctx); err != nil {
			return err
		}
	}
	commit, err := r.git(ctx, "rev-parse", "--verify", *base+"^{commit}")
	if err != nil && *base != "HEAD" {
		commit, err = *base, nil // a copy without the platform's history
	}
	if err != nil {
		return err
	}
	if answers, err = answered(answers, *from, d.Names, in, r.out); err != nil {
		return err
	}
	plan, err := r.plan(ctx, d, answers)
	if err != nil {
		return err
	}
	r.tell(answers, plan)
	if *dry {
		r.say("Nothing is changed.")
		return nil
	}
	product := declaration{Names: answers, Origin: &origin{cmp.Or(*upstream, "https://github.com/"+d.Names.Repository), commit}}
	if err := r.apply(ctx, plan, product); err != nil {
		return err
	}
	if *after {
		if err := r.generate(ctx, d.After); err != nil {
			return fmt.Errorf("the names are in place, but generated files are not fresh: %w", err)
		}
	}
	r.say("\nThe names are in place, and in the index of git. 'git diff --cached' shows them; then:\n  git commit -m 'Begin %s'", answers.Product)
	return nil
}

// generate runs the commands that write generated files, and adds all changes to the index.
func (r *repository) generate(ctx context.Context, commands [][]string) error {
	for _, command := range commands {
		if err := r.run(ctx, command); err != nil {
			return fmt.Errorf("%w; repair the cause, and run the command again", err)
		}
	}
	_, err := r.git(ctx, "add", "--all")
	return err
}

// answered completes the answers from a file, then by asking, then by deriving. It returns faults by cause and cure.
func answered(answers names.Names, file string, base names.Names, in io.Reader, out io.Writer) (names.Names, error) {
	if file != "" {
		text, err := os.ReadFile(file) //nolint:gosec // the user names it
		if err != nil {
			return answers, err
		}
		var filed names.Names
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&filed); err != nil {
			return answers, fmt.Errorf("read %s: %w; give it the names alone, by role", file, err)
		}
		for _, role := range names.Roles {
			to := role.Of(&answers)
			*to = cmp.Or(*to, *role.Of(&filed))
		}
	}
	if terminal, ok := in.(*os.File); ok && isTerminal(terminal) && (answers.Product == "" || answers.Repository == "") {
		answers = ask(answers, base, in, out)
	}
	answers = answers.Completed()
	if faults := answers.Faults(base); faults != nil {
		return answers, errors.New("the names are not usable:\n  " + strings.Join(faults, "\n  "))
	}
	return answers, nil
}

// A change is the new path and content of a file.
type change struct {
	from, to string
	content  []byte // nil: the path alone changes
	lines    int
}

// plan returns the changes that the names make, in the order of paths. It refuses a path that two files would have.
func (r *repository) plan(ctx context.Context, d declaration, to names.Names) ([]change, error) {
	files, err := r.files(ctx)
	if err != nil {
		return nil, err
	}
	renamer := names.NewRenamer(d.Names, to)
	there := map[string]string{}
	var plan []change
	for _, file := range files {
		c := change{from: file, to: file}
		info, err := os.Lstat(r.path(file))
		if err != nil {
			return nil, err
		}
		if file != declarationFile && !matches(d.Keep, file) && info.Mode().IsRegular() {
			old, err := os.ReadFile(r.path(file))
			if err != nil {
				return nil, err
			}
			c.to = renamer.Path(file)
			if renamed := renamer.Content(file, old); !bytes.Equal(renamed, old) {
				c.content, c.lines = renamed, changed(old, renamed)
			}
		}
		if other, two := there[c.to]; two {
			return nil, fmt.Errorf("%s and %s would both be %s: choose another name for machines", other, file, c.to)
		}
		there[c.to] = file
		if c.to != c.from || c.content != nil {
			plan = append(plan, c)
		}
	}
	return plan, nil
}

// changed returns the number of lines of which the text differs.
func changed(old, renamed []byte) int {
	before := map[string]int{}
	for line := range bytes.Lines(old) {
		before[string(line)]++
	}
	n := 0
	for line := range bytes.Lines(renamed) {
		if before[string(line)]--; before[string(line)] < 0 {
			n++
		}
	}
	return n
}

func (r *repository) tell(n names.Names, plan []change) {
	for _, role := range names.Roles {
		r.say("%-11s %s", role.Name, *role.Of(&n))
	}
	lines, moved := 0, 0
	for _, c := range plan {
		lines += c.lines
		if c.to != c.from {
			moved++
			r.say("move %s to %s", c.from, c.to)
		}
	}
	r.say("%d files change, in %d lines; %d of them move.", len(plan), lines, moved)
}

// apply makes the changes, writes the declaration, and adds all to the index.
func (r *repository) apply(ctx context.Context, plan []change, d declaration) error {
	for _, c := range plan {
		info, err := os.Stat(r.path(c.from))
		if err != nil {
			return err
		}
		if c.content != nil {
			if err := os.WriteFile(r.path(c.from), c.content, info.Mode().Perm()); err != nil {
				return err
			}
		}
		if c.to == c.from {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(r.path(c.to)), 0o755); err != nil { //nolint:gosec // as git makes folders
			return err
		}
		if err := os.Rename(r.path(c.from), r.path(c.to)); err != nil {
			return err
		}
		_ = os.Remove(filepath.Dir(r.path(c.from))) // if it is empty now
	}
	if err := os.WriteFile(r.path(declarationFile), d.bytes(), 0o644); err != nil { //nolint:gosec // it has no secret
		return err
	}
	_, err := r.git(ctx, "add", "--all")
	return err
}

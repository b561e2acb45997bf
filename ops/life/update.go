package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// update brings a version of the platform into the product, on a branch. After a stop the same command goes on.
func update(ctx context.Context, r *repository, args []string, _ io.Reader) error {
	flags := flag.NewFlagSet("update", flag.ContinueOnError)
	to := flags.String("to", "", "the version: a tag such as v0.2.0, a branch or a commit; without it, the main branch")
	from := flags.String("from", "", "the address of the platform's repository, instead of the one in "+declarationFile)
	abort := flags.Bool("abort", false, "take an unfinished update back")
	dry := flags.Bool("dry-run", false, "tell what the update would bring, and its conflicts, and change nothing")
	noChecks := flags.Bool("no-checks", false, "run no checks before the commit")
	rest, err := parse(flags, r.out, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %q follows the flags", errUsage, rest[0])
	}
	s, err := r.state(ctx)
	if err != nil {
		return err
	}
	if *abort {
		return r.abort(ctx, s)
	}
	product, err := r.declaration()
	if err != nil {
		return err
	}
	if product.Origin == nil {
		return fmt.Errorf("%s has no origin, so this is the platform itself: 'go tool task init' makes a product of a clone", declarationFile)
	}
	if s == nil {
		if s, err = r.prepare(ctx, product, *from, *to); err != nil || s == nil {
			return err
		}
		if *dry {
			return r.preview(ctx, product, s)
		}
		if err := r.clean(ctx); err != nil {
			return err
		}
		if err := r.save(ctx, s); err != nil {
			return err
		}
	} else if *dry {
		return fmt.Errorf("an update to %.12s is unfinished: go on with it, or take it back by -abort", s.Target)
	} else if *to != "" {
		r.say("Going on with the unfinished update to %.12s.", s.Target)
	}
	return r.resume(ctx, s, !*noChecks)
}

// prepare fetches the version and renders both ends. It returns nil if the product has the version already.
func (r *repository) prepare(ctx context.Context, product declaration, from, to string) (*state, error) {
	address := cmp.Or(from, product.Origin.Repository)
	target, err := r.fetch(ctx, address, to)
	if err != nil {
		return nil, err
	}
	s := &state{Base: product.Origin.Commit, Target: target, Branch: fmt.Sprintf("platform-%.12s", target)}
	if s.Base == target {
		r.say("This product has %.12s of the platform already.", target)
		return nil, nil //nolint:nilnil // nothing to do is no error
	}
	if _, err := r.git(ctx, "merge-base", "--is-ancestor", s.Base, target); err != nil {
		return nil, fmt.Errorf("%.12s is no later version of %.12s, which %s names: choose another by -to, or correct the file",
			target, s.Base, declarationFile)
	}
	if s.Start, err = r.git(ctx, "rev-parse", "HEAD"); err != nil {
		return nil, err
	}
	s.Home, _ = r.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD")
	s.Home = cmp.Or(s.Home, s.Start)
	prior, err := r.git(ctx, "log", "-1", "--format=%H", "--fixed-strings", "--grep="+trailer+s.Base, "HEAD")
	if err != nil {
		return nil, err
	}
	if s.RenderedBase, err = r.render(ctx, s.Base, prior, product.Names); err != nil {
		return nil, err
	}
	if prior != "" {
		same, err := r.git(ctx, "rev-parse", prior+"^{tree}", s.RenderedBase+"^{tree}")
		if err != nil {
			return nil, err
		}
		if was, is, _ := strings.Cut(same, "\n"); was == is {
			s.RenderedBase = prior
		}
	}
	s.RenderedTarget, err = r.render(ctx, target, s.RenderedBase, product.Names)
	return s, err
}

// fetch fetches the version from the address, and returns its commit.
func (r *repository) fetch(ctx context.Context, address, to string) (string, error) {
	r.say("Fetching %s from %s.", cmp.Or(to, "the main branch"), address)
	// The whole history, since the base is a part of it; without tags, which are the product's own here.
	_, err := r.git(ctx, "fetch", "--quiet", "--no-tags", address, "+refs/heads/*:refs/platform/heads/*", "+refs/tags/*:refs/platform/tags/*")
	if err != nil {
		return "", fmt.Errorf("%w; correct the address in %s, or give another by -from", err, declarationFile)
	}
	for _, ref := range []string{"refs/platform/tags/" + to, "refs/platform/heads/" + cmp.Or(to, "main"), to} {
		if commit, err := r.git(ctx, "rev-parse", "--verify", "--quiet", ref+"^{commit}"); err == nil {
			return commit, nil
		}
	}
	return "", fmt.Errorf("%s has no tag, branch or commit %q", address, cmp.Or(to, "main"))
}

// resume does the steps of the update that are not done, and commits it.
func (r *repository) resume(ctx context.Context, s *state, checks bool) error {
	if err := r.branch(ctx, s); err != nil {
		return err
	}
	if !r.contains(ctx, s.RenderedBase) {
		// History alone: git then knows the common ancestor of both sides.
		message := fmt.Sprintf("platform: begin at %.12s", s.Base)
		if _, err := r.git(ctx, "merge", "--quiet", "--strategy=ours", "--no-ff", "--allow-unrelated-histories", "-m", message, s.RenderedBase); err != nil {
			return err
		}
	}
	if !r.contains(ctx, s.RenderedTarget) {
		if err := r.merge(ctx, s); err != nil {
			return err
		}
		if err := r.finish(ctx, s, checks); err != nil {
			return err
		}
	}
	decisions, err := r.decisions(ctx, s)
	if err != nil {
		return err
	}
	if err := r.save(ctx, nil); err != nil {
		return err
	}
	r.say("\n%s\nThe update is on the branch %s. After a look at it: git switch %s && git merge %s", decisions, s.Branch, s.Home, s.Branch)
	return nil
}

// contains reports whether HEAD's history has the commit.
func (r *repository) contains(ctx context.Context, commit string) bool {
	_, err := r.git(ctx, "merge-base", "--is-ancestor", commit, "HEAD")
	return err == nil
}

// branch creates the branch of the update, and switches to it.
func (r *repository) branch(ctx context.Context, s *state) error {
	now, _ := r.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD")
	if now == s.Branch {
		return nil
	}
	if _, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "refs/heads/"+s.Branch); err != nil {
		_, err := r.git(ctx, "switch", "--quiet", "--create", s.Branch, s.Start)
		return err
	}
	_, err := r.git(ctx, "switch", "--quiet", s.Branch)
	if err != nil {
		return fmt.Errorf("%w; the unfinished update is on the branch %s", err, s.Branch)
	}
	return nil
}

// merge begins the merge, unless git is in it, and stops with errStopped while files need a decision.
func (r *repository) merge(ctx context.Context, s *state) error {
	if _, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "MERGE_HEAD"); err != nil {
		if s.Merging { // and was killed within it: the tree was clean before
			if _, err := r.git(ctx, "reset", "--quiet", "--hard"); err != nil {
				return err
			}
		}
		s.Merging = true
		if err := r.save(ctx, s); err != nil {
			return err
		}
		_, err := r.git(ctx, "-c", "merge.renameLimit=20000", "merge", "--quiet", "--no-ff", "--no-commit", s.RenderedTarget)
		if _, begun := r.git(ctx, "rev-parse", "--verify", "--quiet", "MERGE_HEAD"); begun != nil {
			return fmt.Errorf("git did not begin the merge: %w", err)
		}
		if err := r.settle(ctx, s); err != nil {
			return err
		}
	}
	open, err := r.unmerged(ctx)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		r.say("Both sides changed these files:\n  %s", strings.Join(open, "\n  "))
		return fmt.Errorf("%w: resolve the files, 'git add' them, and run the command again; -abort takes the update back", errStopped)
	}
	return nil
}

// settle takes the platform's side of conflicts in generated files, which are written anew, and notes all conflicts.
func (r *repository) settle(ctx context.Context, s *state) error {
	open, err := r.unmerged(ctx)
	if err != nil {
		return err
	}
	d, err := r.declarationAt(ctx, s.Target)
	if err != nil {
		return err
	}
	for _, file := range open {
		if !matches(d.Generated, file) {
			s.Conflicts = append(s.Conflicts, file)
			continue
		}
		if _, err := r.git(ctx, "checkout", "--theirs", "--", file); err != nil {
			s.Conflicts = append(s.Conflicts, file) // the platform does not have it any more
			continue
		}
		if _, err := r.git(ctx, "add", "--", file); err != nil {
			return err
		}
		s.Written = append(s.Written, file)
	}
	return r.save(ctx, s)
}

func (r *repository) unmerged(ctx context.Context) ([]string, error) {
	out, err := r.pipe(ctx, nil, "diff", "--name-only", "--diff-filter=U", "-z")
	return split(out), err
}

// finish writes generated files, checks the result, and commits the merge with the new origin.
func (r *repository) finish(ctx context.Context, s *state, checks bool) error {
	d, err := r.declarationAt(ctx, s.Target)
	if err != nil {
		return err
	}
	commands := d.After
	if checks {
		commands = slices.Concat(commands, d.Checks)
	}
	if err := r.generate(ctx, commands); err != nil {
		return fmt.Errorf("%w: %w", errStopped, err)
	}
	product, err := r.declaration()
	if err != nil {
		return err
	}
	product.Origin.Commit = s.Target
	if err := os.WriteFile(r.path(declarationFile), product.bytes(), 0o644); err != nil { //nolint:gosec // it has no secret
		return err
	}
	if _, err := r.git(ctx, "add", "--all"); err != nil {
		return err
	}
	_, err = r.git(ctx, "commit", "--quiet", "--no-verify", "-m", fmt.Sprintf("platform: update to %.12s", s.Target))
	return err
}

// abort restores the state before the update.
func (r *repository) abort(ctx context.Context, s *state) error {
	if s == nil {
		return fmt.Errorf("%w: no update is unfinished", errUsage)
	}
	now, _ := r.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD")
	if now == s.Branch {
		// All that is there came since the update began on a clean tree.
		for _, command := range [][]string{{"add", "--all"}, {"reset", "--quiet", "--hard", s.Start}, {"switch", "--quiet", s.Home}} {
			if command[0] == "switch" && s.Home == s.Start {
				command = append(command, "--detach")
			}
			if _, err := r.git(ctx, command...); err != nil {
				return err
			}
		}
	}
	if _, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "refs/heads/"+s.Branch); err == nil {
		if _, err := r.git(ctx, "branch", "--quiet", "-D", s.Branch); err != nil {
			return err
		}
	}
	r.say("The update is taken back; %s is as it was.", s.Home)
	return r.save(ctx, nil)
}

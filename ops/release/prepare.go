package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// prepare makes the commit of a release. Whatever fails, the work tree is as it
// was. The tag comes when main has the commit, by a pull request and its check.
func (r *repository) prepare(ctx context.Context, module, number string, at time.Time) (err error) {
	version := "v" + strings.TrimPrefix(number, "v")
	if !canonical(version) {
		return fmt.Errorf("%q is no version, such as 0.2.0", number)
	}
	status, err := r.output(ctx, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if status != "" {
		return fmt.Errorf("the work tree has changes: commit them first\n%s", status)
	}
	newest, err := r.newest(ctx, module)
	if err != nil {
		return err
	}
	if semver.Compare(version, newest) <= 0 {
		return fmt.Errorf("%s is at %s already: a release goes forward", module, newest)
	}
	defer func() {
		if err != nil {
			if _, undo := r.output(context.WithoutCancel(ctx), "git", "reset", "--hard", "--quiet"); undo != nil {
				err = fmt.Errorf("%w; and the work tree is not as it was: %w", err, undo)
			}
		}
	}()
	if err := r.write(ctx, module, version, at); err != nil {
		return err
	}
	if _, err := r.output(ctx, "git", "commit", "--quiet", "--all", "--message", module+": release "+version[1:]); err != nil {
		return err
	}
	r.say("%s %s is committed. Main takes it by a pull request; after its merge, tag it:\n"+
		"  git push origin HEAD:refs/heads/release-%s-%s\n  go tool task release:tag TAG=%s/%s", module, version[1:], module, version[1:], module, version)
	return nil
}

// tag tags the commit of main that has made a release, however it was merged.
func (r *repository) tag(ctx context.Context, tag string) error {
	module, version, err := parseTag(tag)
	if err != nil {
		return err
	}
	if r.tagged(ctx, tag) {
		return fmt.Errorf("%s is there already, and a tag never moves", tag)
	}
	commit, err := r.output(ctx, "git", "log", "-1", "--format=%H", "-S## ["+version[1:]+"] - ", "origin/main", "--", module+"/CHANGELOG.md")
	if err != nil {
		return err
	}
	if commit == "" {
		return fmt.Errorf("the changelog of %s on origin/main has no section %s: merge the commit of go tool task release, and git fetch origin", module, version[1:])
	}
	if _, err := r.output(ctx, "git", "tag", "--annotate", "--message", module+" "+version[1:], tag, commit); err != nil {
		return err
	}
	r.say("%s is tagged. Push it, and the workflow release.yml does the rest:\n  git push origin %s", tag, tag)
	return nil
}

// write changes the files of a release.
func (r *repository) write(ctx context.Context, module, version string, at time.Time) error {
	name := r.path(module, "CHANGELOG.md")
	text, err := os.ReadFile(name) //nolint:gosec // a file of the repository
	if err != nil {
		return err
	}
	changed, err := release(string(text), version, at)
	if err != nil {
		return fmt.Errorf("%s: %w", module, err)
	}
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil { //nolint:gosec // as git has it
		return err
	}
	if !slices.Contains(services, module) {
		return nil
	}
	if err := r.requireNewest(ctx, module); err != nil {
		return err
	}
	if module == "api" {
		if err := r.do(ctx, []string{"GOWORK="}, "go", "tool", "task", "contract:release"); err != nil {
			return err
		}
	}
	return r.compat(ctx, module)
}

// requireNewest raises the shared that a service requires to the newest that is
// tagged. ops requires the service, and so no older one.
func (r *repository) requireNewest(ctx context.Context, module string) error {
	shared, err := r.newest(ctx, "shared")
	if err != nil {
		return err
	}
	if shared == "" {
		return fmt.Errorf("%s requires shared, which has no release: go tool task release MODULE=shared VERSION=0.1.0", module)
	}
	for _, dir := range []string{module, "ops"} {
		required, err := r.required(dir)
		if err != nil {
			return err
		}
		if semver.Compare(shared, required) <= 0 {
			continue
		}
		if _, err := r.output(ctx, "go", "-C", dir, "mod", "edit", "-require="+modulePrefix+"shared@"+shared); err != nil {
			return err
		}
	}
	return nil
}

// check refuses a tag that prepare would not have made, or not of main.
func (r *repository) check(ctx context.Context, tag string) error {
	module, version, err := parseTag(tag)
	if err != nil {
		return err
	}
	if _, err := r.output(ctx, "git", "merge-base", "--is-ancestor", tag+"^{commit}", "origin/main"); err != nil {
		return fmt.Errorf("%s is no commit of origin/main: %w", tag, err)
	}
	text, err := r.output(ctx, "git", "show", tag+":"+module+"/CHANGELOG.md")
	if err != nil {
		return err
	}
	_, dated, err := section(text, version)
	if err != nil {
		return fmt.Errorf("%s: %w: go tool task release writes it", tag, err)
	}
	if !dated {
		return fmt.Errorf("%s: its section of the changelog has no date: go tool task release writes it", tag)
	}
	if module == "shared" {
		r.say("%s may be released", tag)
		return nil
	}
	required, err := r.required(module)
	if err != nil {
		return err
	}
	if !r.tagged(ctx, "shared/"+required) {
		return fmt.Errorf("%s requires shared %s, which has no tag: release shared first", tag, required)
	}
	if err := r.compat(ctx, module); err != nil {
		return err
	}
	r.say("%s may be released", tag)
	return nil
}

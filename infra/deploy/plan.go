package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// plan is `terraform show -json` of a plan.
type plan struct {
	Changes []change `json:"resource_changes"`
}

// change is that of one resource.
type change struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Change  struct {
		Actions []string       `json:"actions"`
		Before  map[string]any `json:"before"` // nil: it is not there
		After   map[string]any `json:"after"`
	} `json:"change"`
}

// releaseTypes are the types of resources that a release changes, and that the
// deploy role may change: infra/bootstrap/deploy.tf.
var releaseTypes = []string{
	"aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action", "aws_appautoscaling_target",
	"aws_ecs_service", "aws_ecs_task_definition",
}

// changes returns the changes of a plan, and those among them beyond a
// release: "create aws_sns_topic.alarms".
func (p plan) changes() (all, beyond []string) {
	for _, c := range p.Changes {
		actions := strings.Join(c.Change.Actions, " and ")
		if c.Mode != "managed" || actions == "no-op" {
			continue
		}
		all = append(all, actions+" "+c.Address)
		if !slices.Contains(releaseTypes, c.Type) {
			beyond = append(beyond, actions+" "+c.Address)
		}
	}
	return all, beyond
}

// before is the plan of the resources that exist.
func (p plan) before() plan {
	was := plan{Changes: slices.Clone(p.Changes)}
	for i := range was.Changes {
		was.Changes[i].Change.After = was.Changes[i].Change.Before
		if was.Changes[i].Change.Before == nil {
			was.Changes[i].Type = ""
		}
	}
	return was
}

// after is the plan of the resources after the change.
func (p plan) after() plan {
	is := plan{Changes: slices.Clone(p.Changes)}
	for i := range is.Changes {
		if is.Changes[i].Change.After == nil {
			is.Changes[i].Type = ""
		}
	}
	return is
}

// Check implements stack: it plans, and names each change that is not part of a
// release. Those are for a person to apply, who may.
func (t *terraform) Check(ctx context.Context, images Images) error {
	arguments, err := t.arguments(images)
	if err != nil {
		return err
	}
	p, err := t.plan(ctx, arguments...)
	if err != nil {
		return err
	}
	_, beyond := p.changes()
	if len(beyond) == 0 {
		return nil
	}
	return fmt.Errorf("a person must apply the stack first, because a release may not change %s: terraform -chdir=%s apply -var-file=%s, of the same commit",
		strings.Join(beyond, ", "), t.dir, t.varFile)
}

// Review prints, as Markdown, what the sources would change of the state, who
// may apply it, and what that costs. It asks AWS for nothing that the state has.
func (t *terraform) Review(ctx context.Context, environment string, out io.Writer) error {
	p, err := t.plan(ctx, "-input=false", "-no-color", "-refresh=false", "-lock=false", "-var-file="+t.varFile)
	if err != nil {
		return err
	}
	all, beyond := p.changes()
	_, before := cost(p.before())
	_, after := cost(p.after())
	var b strings.Builder
	fmt.Fprintf(&b, "### The stack of %s\n\n", environment)
	switch {
	case !slices.ContainsFunc(p.Changes, func(c change) bool { return c.Change.Before != nil }):
		_, err := fmt.Fprintf(out, "%sThere is no such stack yet.\n", b.String())
		return err
	case len(all) == 0:
		b.WriteString("Nothing changes.\n")
	case len(beyond) == 0:
		b.WriteString("The next release applies this.\n")
	default:
		b.WriteString("**A person must apply this after the merge; until then no release goes out.**\n")
	}
	if after != before {
		fmt.Fprintf(&b, "\n%+.2f USD a month, %.2f instead of %.2f, without what is paid by use.\n", after-before, after, before)
	}
	if len(all) > 0 {
		fmt.Fprintf(&b, "\n```\n%s\n```\n", strings.Join(all, "\n"))
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// plan makes a plan and reads it. What Terraform prints of it is shown only if
// it fails.
func (t *terraform) plan(ctx context.Context, arguments ...string) (p plan, err error) {
	ctx, cancel := context.WithTimeout(ctx, planTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "fualab-plan-")
	if err != nil {
		return p, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "plan")
	var text bytes.Buffer
	if err := t.run(ctx, &text, append([]string{"plan", "-out=" + file}, arguments...)...); err != nil {
		_, _ = io.Copy(t.out, &text)
		return p, err
	}
	text.Reset()
	if err := t.run(ctx, &text, "show", "-json", "-no-color", file); err != nil {
		return p, err
	}
	if err := json.Unmarshal(text.Bytes(), &p); err != nil {
		return p, fmt.Errorf("terraform show: %w", err)
	}
	return p, nil
}

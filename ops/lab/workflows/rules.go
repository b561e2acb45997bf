package workflows

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	usesLine = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.+)$`)
	pinned   = regexp.MustCompile(`^([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$`)
	runsTask = regexp.MustCompile(`^go tool task ([\w:-]+)((?: [\w-]+="?[\w$-]+"?)*)(?: -- [\w$ -]+)?$`)
	notice   = regexp.MustCompile(`^echo "::(?:notice|error) title=[\w ]+::[\w ,./]+"$`)
	variable = regexp.MustCompile(`\$(\w+)`)
	assigned = regexp.MustCompile(`(\w+)=`)
	setting  = regexp.MustCompile(`vars\.(AWS_\w+)`)
)

// A repository has AWS if this variable is set. Conditions of jobs do not see
// the variables of environments.
const (
	withAWS    = "vars.AWS_BUILD_ROLE != ''"
	withoutAWS = "vars.AWS_BUILD_ROLE == ''"
)

// Faults returns the faults of a workflow.
func Faults(w Workflow, tasks map[string]Task) []string {
	var faults []string
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, line := range usesLine.FindAllStringSubmatch(w.Text, -1) {
		if !strings.HasPrefix(line[1], "./") && !pinned.MatchString(line[1]) {
			say("%s: pin it by a commit's full id, with # vX.Y.Z", line[1])
		}
	}
	if w.Permissions == nil {
		say("the workflow has no permissions: write permissions: {} here, and the needed ones into each job")
	}
	for scope, may := range w.Permissions {
		if may != "read" && may != "none" {
			say("every job of the workflow may %s: %s; give it to the job that needs it", scope, may)
		}
	}
	onlyCalled := len(w.On.Starts) == 1 && w.Starts("workflow_call")
	if !onlyCalled && w.Concurrency == nil && !slices.ContainsFunc(slices.Collect(maps.Values(w.Jobs)), func(j Job) bool { return j.Concurrency != nil }) {
		say("the workflow has no concurrency group")
	}
	if w.Starts("pull_request_target") {
		say("pull_request_target runs the code of strangers with our rights")
	}
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		for _, fault := range jobFaults(w, w.Jobs[name], tasks) {
			say("job %s: %s", name, fault)
		}
	}
	return append(faults, awsFaults(w)...)
}

// awsFaults: in a repository without AWS, each job that needs it is skipped,
// and another one names the variables to set.
func awsFaults(w Workflow) []string {
	var faults []string
	needed := false
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		j := w.Jobs[name]
		if !slices.ContainsFunc(j.Steps, func(s Step) bool { return strings.HasPrefix(s.Uses, "aws-actions/") }) {
			continue
		}
		needed = true
		if !strings.Contains(j.If, withAWS) {
			faults = append(faults, fmt.Sprintf("job %s: it fails in a repository without AWS: if: %s", name, withAWS))
		}
	}
	if !needed {
		return faults
	}
	said := ""
	for _, j := range w.Jobs {
		if j.If == withoutAWS && len(j.Steps) > 0 {
			said = j.Steps[0].Run
		}
	}
	if !notice.MatchString(said) || !strings.Contains(said, "ops/runbooks/release.md") {
		faults = append(faults, "no job with if: "+withoutAWS+" begins with a notice that names ops/runbooks/release.md")
	}
	for _, used := range setting.FindAllStringSubmatch(w.Text, -1) {
		if !strings.Contains(said, used[1]) {
			faults = append(faults, "the notice of a repository without AWS does not name "+used[1])
		}
	}
	return faults
}

func jobFaults(w Workflow, j Job, tasks map[string]Task) []string {
	var faults []string
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if j.Permissions == nil {
		say("it does not set its own permissions")
	}
	if !j.Secrets.IsZero() {
		say("it passes all secrets on")
	}
	if j.Uses == "" && j.Timeout == 0 {
		say("it has no timeout-minutes")
	}
	identity := j.Permissions != nil && (*j.Permissions)["id-token"] == "write"
	needed := false
	for _, s := range j.Steps {
		action, _, _ := strings.Cut(s.Uses, "@")
		switch action {
		case "actions/checkout":
			if s.With["persist-credentials"] != false {
				say("checkout leaves a token behind: persist-credentials: false")
			}
			if w.Starts("workflow_run") && !strings.Contains(fmt.Sprint(s.With["ref"]), "github.event.workflow_run.head_sha") {
				say("checkout takes the tip of main instead of the built commit")
			}
		case "actions/setup-go":
			if identity && s.With["cache"] != false {
				say("code from the cache of another run would run with our identity: cache: false")
			}
		case "aws-actions/configure-aws-credentials":
			needed = true
			if session := seconds(s.With["role-duration-seconds"]); session < j.Timeout*60 {
				say("its credentials end after %d s, and it may last %d: role-duration-seconds", session, j.Timeout*60)
			}
		case "actions/attest":
			needed = true
			if !strings.Contains(s.If, "vars.ATTESTATIONS != 'off'") {
				say("it fails where GitHub's plan has no attestations: if: vars.ATTESTATIONS != 'off'")
			}
		}
		if s.Run != "" {
			for _, fault := range runFaults(s, j, tasks) {
				say("run: %s: %s", strings.TrimSpace(s.Run), fault)
			}
		}
	}
	if identity && !needed {
		say("it may request an identity, but needs none")
	}
	if w.Starts("workflow_run") && (identity || slices.ContainsFunc(j.Steps, func(s Step) bool { return s.Uses != "" })) {
		for _, want := range []string{
			"workflow_run.conclusion == 'success'", "workflow_run.event == 'push'", "workflow_run.head_branch == 'main'",
			"workflow_run.head_repository.full_name == github.repository",
		} {
			if !strings.Contains(j.If, want) {
				say("after another workflow it must ask for %s", want)
			}
		}
	}
	return faults
}

// seconds is the duration of the session that an action requests, by default an
// hour. The credentials of a workflow are never renewed.
func seconds(asked any) int {
	if n, ok := asked.(int); ok {
		return n
	}
	return 3600
}

// runFaults: a step runs an existing task with its required variables, and no
// shell reads text of strangers.
func runFaults(s Step, j Job, tasks map[string]Task) []string {
	if strings.Contains(s.Run, "${{") {
		return []string{"an expression becomes part of the script: pass it by env"}
	}
	// A step without a task reports the result of the condition.
	if s.Run == "exit 1" || notice.MatchString(s.Run) {
		return nil
	}
	call := runsTask.FindStringSubmatch(s.Run)
	if call == nil {
		return []string{"it is not the call of one task"}
	}
	task, known := tasks[call[1]]
	if !known || task.Internal {
		return []string{"there is no task " + call[1]}
	}
	var faults []string
	given := assigned.FindAllStringSubmatch(call[2], -1)
	for _, name := range task.Needs() {
		if !slices.ContainsFunc(given, func(g []string) bool { return g[1] == name }) {
			faults = append(faults, "the task requires "+name)
		}
	}
	for _, name := range variable.FindAllStringSubmatch(s.Run, -1) {
		if _, here := s.Env[name[1]]; here || strings.HasPrefix(name[1], "GITHUB_") {
			continue
		}
		if _, there := j.Env[name[1]]; !there {
			faults = append(faults, "nothing sets "+name[1])
		}
	}
	return faults
}

// Covers reports whether a filter of paths matches a file, with GitHub's meaning of
// the patterns used here.
func Covers(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		text := regexp.QuoteMeta(pattern)
		text = strings.ReplaceAll(text, `\*\*`, `.*`)
		text = strings.ReplaceAll(text, `\*`, `[^/]*`)
		return regexp.MustCompile("^" + text + "$").MatchString(file)
	})
}

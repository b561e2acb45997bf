package workflows

import (
	"context"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const root = "../../../"

func read(t *testing.T) (map[string]Workflow, map[string]Task) {
	t.Helper()
	all, err := Read(root + ".github/workflows")
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := Tasks(root + "Taskfile.yml")
	if err != nil {
		t.Fatal(err)
	}
	included, err := Tasks(root + "ops/lab/Taskfile.yml")
	if err != nil {
		t.Fatal(err)
	}
	for name, task := range included {
		tasks["lab:"+name] = task
	}
	return all, tasks
}

// tracked are the files that git tracks.
func tracked(t *testing.T) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	all, tasks := read(t)
	for name, w := range all {
		for _, fault := range Faults(w, tasks) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	// Each action has one version in all workflows.
	pins := make(map[string]string)
	for name, w := range all {
		for _, line := range usesLine.FindAllStringSubmatch(w.Text, -1) {
			action, pin, _ := strings.Cut(line[1], "@")
			if pins[action] == "" {
				pins[action] = pin
			}
			if pins[action] != pin {
				t.Errorf("%s: %s is used at %s and at %s", name, action, pin, pins[action])
			}
		}
	}
}

// TestFaults breaks each property of the workflows, and expects a fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	all, tasks := read(t)
	for _, test := range []struct{ file, from, to, want string }{
		{"ci.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7.0.1", "pin it"},
		{"ci.yml", "73ba90b1 # v7.0.1", "73ba90b1", "pin it"},
		{"ci.yml", "permissions: {}\n\n", "", "has no permissions: write"},
		{"ci.yml", "permissions: {}\n\n", "permissions: {contents: write}\n\n", "every job of the workflow may contents"},
		{"ci.yml", "    permissions:\n      contents: read\n", "", "does not set its own permissions"},
		{"ci.yml", "    timeout-minutes: 45\n", "", "no timeout-minutes"},
		{"ci.yml", "concurrency:", "concurrent:", "no concurrency group"},
		{"ci.yml", "  pull_request:\n", "  pull_request_target: {}\n", "the code of strangers"},
		{"ci.yml", "          persist-credentials: false\n", "          fetch-depth: 1\n", "leaves a token behind"},
		{"ci.yml", "go tool task check", "go test ./...", "not the call of one task"},
		{"ci.yml", "go tool task check", "go tool task check; true", "not the call of one task"},
		{"ci.yml", "go tool task check", "go tool task checks", "there is no task checks"},
		{"ci.yml", "go tool task check", "go tool task client:install", "there is no task client:install"},
		{"ci.yml", "go tool task check", "go tool task check -- ${{ github.event.pull_request.title }}", "an expression becomes part"},
		{"api-ci.yml", "    with:\n", "    secrets: inherit\n    with:\n", "passes all secrets on"},
		{"module.yml", "module:check MODULE=\"$MODULE\"", "module:check", "the task requires MODULE"},
		{"module.yml", "      MODULE: ${{ inputs.module }}\n", "", "nothing sets MODULE"},
		{"module.yml", "      contents: read\n", "      contents: read\n      id-token: write\n", "needs none"},
		{"cd-build.yml", "cache: false", "cache: true", "the cache of another run"},
		{"cd-deploy.yml", "github.event.workflow_run.event == 'push'", "true", "must ask for workflow_run.event == 'push'"},
		{"cd-deploy.yml", "github.event.workflow_run.head_repository.full_name == github.repository", "true", "head_repository"},
		{"cd-build.yml", "    if: vars.AWS_BUILD_ROLE != ''\n", "", "job images: it fails in a repository without AWS"},
		{"cd-deploy.yml", "vars.AWS_BUILD_ROLE != '' && (", "true && (", "job deploy: it fails in a repository without AWS"},
		{"rollback.yml", "vars.AWS_BUILD_ROLE != '' && ", "", "job rollback: it fails in a repository without AWS"},
		{"release.yml", "vars.AWS_BUILD_ROLE != '' && ", "true && ", "job promote: it fails in a repository without AWS"},
		{"cd-build.yml", "    if: vars.AWS_BUILD_ROLE == ''\n", "", "no job with if: vars.AWS_BUILD_ROLE == ''"},
		{"cd-build.yml", " in ops/runbooks/release.md", "", "that names ops/runbooks/release.md"},
		{"release.yml", ", and AWS_RELEASE_ROLE of the environment release", "", "does not name AWS_RELEASE_ROLE"},
		{"cd-build.yml", "::This repository", "::$TITLE", "not the call of one task"},
		{"cd-deploy.yml", "ref: ${{ github.event.workflow_run.head_sha || github.sha }}", "ref: main", "the tip of main"},
		{"cd-deploy.yml", "          role-duration-seconds: 7200\n", "", "its credentials end after 3600 s, and it may last 6900"},
		{"cd-build.yml", "vars.ATTESTATIONS != 'off' && ", "", "where GitHub's plan has no attestations"},
	} {
		text := all[test.file].Text
		if !strings.Contains(text, test.from) {
			t.Errorf("%s has no %q to break", test.file, test.from)
			continue
		}
		w, err := Parse(strings.Replace(text, test.from, test.to, 1))
		if err != nil {
			t.Errorf("%s with %q: %v", test.file, test.to, err)
			continue
		}
		if got := strings.Join(Faults(w, tasks), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("%s with %q instead of %q: %q, want %q", test.file, test.to, test.from, got, test.want)
		}
	}
}

// TestPaths: a module's workflow starts for every source file of the module, and
// each of its patterns matches a file.
func TestPaths(t *testing.T) {
	t.Parallel()
	all, _ := read(t)
	files := tracked(t)
	covered := make(map[string]bool)
	for name, w := range all {
		module, ok := w.Jobs["module"].With["module"].(string)
		if !ok {
			continue
		}
		dirs := []string{module + "/"}
		switch module {
		case "api", "worker":
			dirs = append(dirs, "shared/")
		case "infra/deploy":
			dirs = []string{"infra/"}
		}
		covered[module] = true
		patterns := w.On.Push.Paths
		rules := []string{".github/workflows/module.yml", ".github/workflows/" + name, "Taskfile.yml", "go.work"}
		for _, file := range files {
			ours := slices.Contains(rules, file) || slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(file, dir) })
			if ours && !Covers(patterns, file) {
				t.Errorf("%s does not start for %s", name, file)
			}
		}
		for _, pattern := range patterns {
			if !slices.ContainsFunc(files, func(file string) bool { return Covers([]string{pattern}, file) }) {
				t.Errorf("%s: no file matches %s", name, pattern)
			}
		}
		if !slices.Equal(w.On.PullRequest.Paths, patterns) {
			t.Errorf("%s: a pull request starts it for other files than a push", name)
		}
		if image := slices.Contains(files, module+"/Dockerfile"); w.Jobs["module"].With["image"] != image {
			t.Errorf("%s: image is %v, but %s/Dockerfile exists: %t", name, w.Jobs["module"].With["image"], module, image)
		}
	}
	want := map[string]bool{"frontend": true}
	for _, file := range files {
		// ops is tested with the whole repository.
		if dir := path.Dir(file); path.Base(file) == "go.mod" && !strings.HasPrefix(dir, "ops") {
			want[dir] = true
		}
	}
	if diff := cmp.Diff(want, covered); diff != "" {
		t.Errorf("modules with their own workflow (-want +got):\n%s", diff)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, file string
		want          bool
	}{
		{"api/**", "api/internal/a.go", true}, {"api/**", "apis/a.go", false}, {"ops/go.*", "ops/go.mod", true},
		{"ops/go.*", "ops/x/go.mod", false}, {"ops/go.*", "ops/gomod", false}, {"go.work", "go.work.sum", false}, {"*.md", "a/b.md", false},
	} {
		if got := Covers([]string{test.pattern}, test.file); got != test.want {
			t.Errorf("%s, %s: %t", test.pattern, test.file, got)
		}
	}
}

// TestOK: the one check that a branch's rule may require waits for all others.
func TestOK(t *testing.T) {
	t.Parallel()
	all, _ := read(t)
	var needs, want []string
	jobs := all["ci.yml"].Jobs
	ok := jobs["ok"]
	if err := ok.Needs.Decode(&needs); err != nil {
		t.Fatal(err)
	}
	for name := range jobs {
		if name != "ok" {
			want = append(want, name)
		}
	}
	slices.Sort(needs)
	slices.Sort(want)
	if diff := cmp.Diff(want, needs); diff != "" {
		t.Errorf("ok needs (-want +got):\n%s", diff)
	}
}

// TestBuildRunsCIOnEachPush: with AWS and without, ci checks every commit of main.
func TestBuildRunsCIOnEachPush(t *testing.T) {
	t.Parallel()
	all, _ := read(t)
	build := all["cd-build.yml"]
	if push := build.On.Push; push == nil || len(push.Paths) > 0 {
		t.Errorf("it starts for a push: %+v, wanted for each", push)
	}
	if ci := build.Jobs["ci"]; ci.Uses != "./.github/workflows/ci.yml" || ci.If != "" || !ci.Needs.IsZero() {
		t.Errorf("job ci uses %q, if %q, needs %v: wanted ci.yml, always", ci.Uses, ci.If, ci.Needs.Value)
	}
	if needs := build.Jobs["images"].Needs.Value; needs != "ci" {
		t.Errorf("job images needs %q, wanted ci", needs)
	}
}

// TestDeployments: an environment has one at a time, and none is cancelled half-way.
func TestDeployments(t *testing.T) {
	t.Parallel()
	all, _ := read(t)
	for name, w := range all {
		for _, job := range w.Jobs {
			deploys := slices.ContainsFunc(job.Steps, func(s Step) bool { return strings.HasPrefix(s.Run, "go tool task deploy:logged") })
			// The group belongs to the job, not to the workflow: a run with a skipped job would cancel a waiting one.
			group := job.Concurrency != nil && strings.HasPrefix(job.Concurrency.Group, "deploy-${{ inputs.environment")
			if deploys != group {
				t.Errorf("%s: deploys is %t, in the group of deployments is %t", name, deploys, group)
			}
			if deploys && w.Concurrency != nil {
				t.Errorf("%s: a failed build cancels the waiting deployment", name)
			}
			if group && job.Concurrency.Cancel {
				t.Errorf("%s: a cancelled deployment leaves the state locked", name)
			}
			if group && job.Concurrency.Queue != "max" {
				t.Errorf("%s: the next deployment cancels a waiting rollback: queue: max", name)
			}
		}
	}
}

// TestDependabot: all directories with dependencies are listed, so none grows old unnoticed.
func TestDependabot(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + ".github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directory   string   `yaml:"directory"`
			Directories []string `yaml:"directories"`
			Cooldown    struct {
				Days int `yaml:"default-days"`
			} `yaml:"cooldown"`
		} `yaml:"updates"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, update := range file.Updates {
		dirs := update.Directories
		if update.Directory != "" {
			dirs = append(dirs, update.Directory)
		}
		got[update.Ecosystem] = append(got[update.Ecosystem], dirs...)
		if update.Cooldown.Days < 7 {
			t.Errorf("%s: a version is taken %d days after its release", update.Ecosystem, update.Cooldown.Days)
		}
	}
	want := map[string][]string{"github-actions": {"/"}}
	for _, name := range tracked(t) {
		ecosystem := map[string]string{
			"go.mod": "gomod", "package.json": "npm", "Dockerfile": "docker", "versions.tf": "terraform", "docker-compose.yml": "docker-compose",
			"requirements.txt": "pip",
		}[path.Base(name)]
		// The replacement of go-getter has no dependencies.
		if ecosystem != "" && path.Dir(name) != "ops/tools/task/getter" {
			want[ecosystem] = append(want[ecosystem], path.Join("/", path.Dir(name)))
		}
	}
	for _, dirs := range []map[string][]string{want, got} {
		for _, list := range dirs {
			slices.Sort(list)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("directories (-want +got):\n%s", diff)
	}
}

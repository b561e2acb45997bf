//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain is terraform, or this program, in a process that a test has begun.
func TestMain(m *testing.M) {
	switch {
	case filepath.Base(os.Args[0]) == "terraform":
		os.Exit(playTerraform(os.Getenv("FUALAB_TEST_TERRAFORM")))
	case os.Getenv("FUALAB_TEST_DEPLOY") != "":
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func playTerraform(does string) int {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	dir, _ := os.Getwd()
	switch does {
	case "outputs":
		fmt.Fprintln(os.Stderr, "a warning")
		fmt.Println(`{"cluster":{"value":"fualab-dev"},"ingress":{"value":"alb"},"url":{"value":"http://x"},"migrate":{"value":null},"services":{"value":{}},"task_definitions":{"value":{}},"web_client":{"value":null}}`)
	case "fail":
		fmt.Fprintln(os.Stderr, "Error: it broke")
		return 1
	case "wait":
		fmt.Println("waits")
		<-interrupted
		fmt.Println("wrote its state")
		return 1
	case "plan", "new":
		if os.Args[1] == "show" {
			fmt.Println(map[string]string{"plan": plannedChange, "new": `{"resource_changes":[{"mode":"managed","type":"aws_vpc","change":{"actions":["create"]}}]}`}[does])
			return 0
		}
		fmt.Println("Terraform will perform the following actions")
	default:
		fmt.Println(filepath.Base(dir), os.Getenv("TF_IN_AUTOMATION"), "own group:", syscall.Getpgrp() == os.Getpid())
	}
	fmt.Println(strings.Join(os.Args[1:], "\n"))
	return 0
}

// install makes this program terraform, and a directory of a stack.
func install(t *testing.T, does string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "stack")
	if err := errors.Join(os.Symlink(self, filepath.Join(bin, "terraform")), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("FUALAB_TEST_TERRAFORM", does)
	return dir
}

func TestApplyPassesTheImages(t *testing.T) {
	var out bytes.Buffer
	stack := &terraform{dir: install(t, ""), varFile: "dev.tfvars", out: &out}
	if err := stack.Apply(t.Context(), Images{API: image("api", "new")}); err != nil {
		t.Fatal(err)
	}
	want := "stack 1 own group: true\napply\n-auto-approve\n-input=false\n-no-color\n-compact-warnings\n-lock-timeout=30s\n-var-file=dev.tfvars\n" +
		`-var=images={"api":"` + *image("api", "new") + "\"}\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-wanted +run):\n%s", diff)
	}
}

// plannedChange is a plan of a release beside a change of the stack.
const plannedChange = `{"resource_changes":[
	{"address":"aws_ecs_service.api[0]","mode":"managed","type":"aws_ecs_service","change":{"actions":["update"],"before":{},"after":{}}},
	{"address":"aws_ecs_task_definition.this[\"api\"]","mode":"managed","type":"aws_ecs_task_definition","change":{"actions":["create","delete"]}},
	{"address":"aws_vpc.this[0]","mode":"managed","type":"aws_vpc","change":{"actions":["no-op"]}},
	{"address":"data.aws_iam_policy_document.this","mode":"data","type":"aws_iam_policy_document","change":{"actions":["read"]}},
	{"address":"aws_sns_topic.alarms[0]","mode":"managed","type":"aws_sns_topic","change":{"actions":["create"]}}]}`

// TestCheckNamesChangesThatAPersonMustApply, and no part of a release.
func TestCheckNamesChangesThatAPersonMustApply(t *testing.T) {
	var out bytes.Buffer
	stack := &terraform{dir: install(t, "plan"), varFile: "dev.tfvars", out: &out}
	wantError(t, stack.Check(t.Context(), Images{}), "a person must apply the stack first, because a release may not change create aws_sns_topic.alarms[0]: terraform -chdir=")
	if out.String() != "" {
		t.Errorf("printed %q", out.String())
	}
	var p plan
	if err := json.Unmarshal([]byte(strings.ReplaceAll(plannedChange, "aws_sns_topic", "aws_ecs_service")), &p); err != nil {
		t.Fatal(err)
	}
	if all, beyond := p.changes(); len(all) != 3 || len(beyond) > 0 {
		t.Errorf("%q, of which beyond a release %q", all, beyond)
	}
	stack.dir = install(t, "")
	wantError(t, stack.Check(t.Context(), Images{}), "terraform show: invalid character")
	stack.dir = install(t, "fail")
	wantError(t, stack.Check(t.Context(), Images{}), "terraform plan, see above: exit status 1")
}

// TestReviewTellsChangesAndCosts of a pull request, as its comment.
func TestReviewTellsChangesAndCosts(t *testing.T) {
	var out bytes.Buffer
	stack := &terraform{dir: install(t, "plan"), varFile: "dev.tfvars", out: io.Discard}
	if err := stack.Review(t.Context(), "dev", &out); err != nil {
		t.Fatal(err)
	}
	want := "### The stack of dev\n\n**A person must apply this after the merge; until then no release goes out.**\n\n```\nupdate aws_ecs_service.api[0]\n" +
		"create and delete aws_ecs_task_definition.this[\"api\"]\ncreate aws_sns_topic.alarms[0]\n```\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-wanted +printed):\n%s", diff)
	}
	stack.dir = install(t, "new")
	out.Reset()
	if err := stack.Review(t.Context(), "prod", &out); err != nil || out.String() != "### The stack of prod\n\nThere is no such stack yet.\n" {
		t.Errorf("%v, %q", err, out.String())
	}
	stack.dir = install(t, "fail")
	wantError(t, stack.Review(t.Context(), "dev", &out), "terraform plan, see above")
}

// TestReviewOfALoadBalancer: the review has the monthly price of each addition.
func TestReviewOfALoadBalancer(t *testing.T) {
	t.Parallel()
	var p plan
	text := `{"resource_changes":[{"mode":"managed","type":"aws_lb","address":"aws_lb.this","change":{"actions":["create"],"before":null,"after":{}}},
		{"mode":"managed","type":"aws_service_discovery_private_dns_namespace","change":{"actions":["delete"],"before":{},"after":null}}]}`
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	_, before := cost(p.before())
	_, after := cost(p.after())
	if got := fmt.Sprintf("%.2f %.2f", before, after); got != "3.20 27.01" {
		t.Errorf("before and after %s", got)
	}
}

// TestOutputsAreReadFromStandardOutput: a warning beside them goes to the log.
func TestOutputsAreReadFromStandardOutput(t *testing.T) {
	var out bytes.Buffer
	// The arguments that follow the outputs are no JSON.
	_, err := (&terraform{dir: install(t, "outputs"), out: &out}).Outputs(t.Context())
	wantError(t, err, "terraform output: invalid character 'o' after top-level value")
	if out.String() != "a warning\n" {
		t.Errorf("logged %q", out.String())
	}
	_, err = (&terraform{dir: install(t, "fail"), out: io.Discard}).Outputs(t.Context())
	wantError(t, err, "terraform output, see above: exit status 1")
}

func TestParseOutputsOfAWrongType(t *testing.T) {
	t.Parallel()
	text := `{"cluster":{"value":1},"ingress":{"value":""},"url":{"value":""},"migrate":{"value":null},"services":{"value":{}},"task_definitions":{"value":{}},"web_client":{"value":null}}`
	_, err := parseOutputs([]byte(text))
	wantError(t, err, `terraform output "cluster": json`)
	_, err = parseOutputs([]byte("no JSON"))
	wantError(t, err, "terraform output: invalid character")
}

func TestTerraformFails(t *testing.T) {
	var out bytes.Buffer
	stack := &terraform{dir: install(t, "fail"), out: &out}
	wantError(t, stack.Apply(t.Context(), Images{}), "terraform apply, see above: exit status 1")
	if out.String() != "Error: it broke\n" {
		t.Errorf("printed %q", out.String())
	}
	t.Setenv("PATH", t.TempDir())
	wantError(t, stack.Apply(t.Context(), Images{}), "terraform is not installed")
}

// TestInterruptedTerraformWritesItsState: it is asked to end, and not killed.
func TestInterruptedTerraformWritesItsState(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	waits := writerFunc(func(p []byte) (int, error) {
		if n, err := out.Write(p); err != nil || !strings.Contains(out.String(), "waits\n") {
			return n, err
		}
		cancel()
		return len(p), nil
	})
	stack := &terraform{dir: install(t, "wait"), out: waits}
	if err := stack.Apply(ctx, Images{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff("waits\nwrote its state\n", out.String()); diff != "" {
		t.Errorf("(-wanted +printed):\n%s", diff)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestAccountNeedsARegion, and settings that can be read.
func TestAccountNeedsARegion(t *testing.T) {
	noAccount(t)
	_, err := newCloud(t.Context(), "dev")
	wantError(t, err, "AWS has no region")
	t.Setenv("AWS_PROFILE", "missing")
	_, err = newCloud(t.Context(), "dev")
	wantError(t, err, "AWS' settings cannot be used")
}

// noAccount hides the AWS settings of this machine.
func noAccount(t *testing.T) {
	t.Helper()
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, filepath.Join(t.TempDir(), "none"))
	}
}

// TestCommands: each command asks SSM for a parameter of its own, and the
// process exits with 1 when there is none, and with 2 when it is not understood.
func TestCommands(t *testing.T) {
	ssm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ParameterNotFound"}`)
	}))
	defer ssm.Close()
	noAccount(t)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": ssm.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"} {
		t.Setenv(name, value)
	}
	verified := release("new")
	verified.Verified = "fualab/fualab"
	file := filepath.Join(t.TempDir(), "verified.json")
	if err := os.WriteFile(file, []byte(record(t, verified)), 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"deploy -env dev -record " + file:   "exit status 1: deploy: there is no parameter /fualab/dev/release/current: apply the stack once by hand\n",
		"rollback -env dev -record " + file: "exit status 1: deploy: there is no parameter /fualab/dev/release/current: apply the stack once by hand\n",
		"deploy -env dev -record none":      "exit status 1: deploy: open none: no such file or directory\n",
		"status -env dev":                   "exit status 1: deploy: there is no parameter /fualab/dev/release/current: apply the stack once by hand\n",
		"status -environment dev":           "exit status 2: deploy: the command is not understood: flag provided but not defined: -environment\n" + usage,
		"destroy -env dev":                  "exit status 2: deploy: the command is not understood: \"destroy\" is no command\n" + usage,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, os.Args[0], strings.Fields(command)...)
		cmd.Env = append(os.Environ(), "FUALAB_TEST_DEPLOY=1")
		out, err := cmd.CombinedOutput()
		cancel()
		if diff := cmp.Diff(want, fmt.Sprintf("%v: %s", err, out)); diff != "" {
			t.Errorf("%s (-wanted +got):\n%s", command, diff)
		}
	}
}

//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// setupWorld is a copy of infra/ with programs that note how they are called:
// a Terraform that keeps the state that it has applied, AWS, and GitHub.
type setupWorld struct{ dir, bin string }

func newSetupWorld(t *testing.T) setupWorld {
	t.Helper()
	w := setupWorld{dir: t.TempDir(), bin: t.TempDir()}
	for _, dir := range []string{"bootstrap", "terraform-ecs", "terraform-lite"} {
		if err := os.CopyFS(filepath.Join(w.dir, "infra", dir), os.DirFS("../"+dir)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("../setup.sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "infra", "setup.sh"), text, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".terraform.lock.hcl", "backend.tf", "my.tfvars"} { // the files of the test's user
		_ = os.Remove(filepath.Join(w.dir, "infra", "bootstrap", name))
	}
	for name, script := range map[string]string{
		"terraform": `root=${1#-chdir=}
case "$2 $3" in
'state show') [ -e "$HOME/$root" ] || exit 1 ;;
'providers lock') for i in 1 2 3 4; do echo '"h1:x"'; done >"$root/.terraform.lock.hcl" ;;
'output -json') printf '{\n "build": "arn:build",\n "deploy-dev": "arn:dev",\n "deploy-prod": "arn:prod",\n "release": "arn:release"\n}\n' ;;
apply*) [ "$root" != "${FAILS:-}" ] || exit 1; touch "$HOME/$root"; env | grep ^TF_VAR_ | cut -d= -f1 | sort >"$HOME/given" || true ;;
esac`,
		"aws": `case $1 in sts) echo 123456789012 ;; iam) exit 254 ;; esac`,
		"gh": `case "$*" in
'api repos/o/r --jq '*) echo '1 2' ;;
*--input*) cat >/dev/null ;;
*--jq*) [ ! -e "$HOME/rules" ] || echo there ;;
esac`,
		"curl": "echo -----BEGIN CERTIFICATE-----",
	} {
		text := "#!/bin/sh\necho " + name + ` "$@" >>"$HOME/calls"` + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(w.bin, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// run runs setup, and returns all that it prints and calls.
func (w setupWorld) run(t *testing.T, environ []string, args ...string) (out, calls string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log := filepath.Join(w.bin, "calls")
	_ = os.Remove(log)
	cmd := exec.CommandContext(ctx, filepath.Join(w.dir, "infra", "setup.sh"), args...)
	cmd.Env = slices.Concat([]string{"PATH=" + w.bin + ":" + os.Getenv("PATH"), "HOME=" + w.bin, "AWS_REGION=eu-central-1", "REPOSITORY=o/r"}, environ)
	text, err := cmd.CombinedOutput()
	called, _ := os.ReadFile(log)
	return string(text), string(called), err
}

const (
	serviceURL = "postgresql://fualab_service:swordfish@db.example.com/fualab?sslmode=verify-full"
	ownerURL   = "postgresql://fualab:swordfish@db.example.com/fualab?sslmode=verify-full"
)

var devFacts = []string{"YES=yes", "TF_VAR_database_url=" + serviceURL, "TF_VAR_migrate_database_url=" + ownerURL}

// TestSetupGoesOnAfterAFailure, passes over finished steps, and writes no secret.
func TestSetupGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	w := newSetupWorld(t)
	out, calls, err := w.run(t, append(devFacts, "FAILS=terraform-ecs"), "dev")
	if err == nil || strings.Contains(calls, "gh variable") {
		t.Fatalf("it goes on after a failed apply: %v\n%s\n%s", err, out, calls)
	}
	out, calls, err = w.run(t, devFacts, "dev")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"terraform -chdir=bootstrap init -input=false -migrate-state -force-copy\n",
		"terraform -chdir=terraform-ecs init -input=false -reconfigure -backend-config=dev.backend.hcl\n",
		"terraform -chdir=terraform-ecs apply -input=false -auto-approve -var-file=dev.tfvars\n",
		"gh variable set AWS_STATE_BUCKET --repo o/r --body fualab-state-123456789012\n", "gh variable set AWS_BUILD_ROLE --repo o/r --body arn:build\n",
		"gh variable set AWS_DEPLOY_ROLE --repo o/r --env dev --body arn:dev\n", "gh variable set AWS_RELEASE_ROLE --repo o/r --env release --body arn:release\n",
		"gh api --method PUT repos/o/r/environments/dev", "gh api --method POST repos/o/r/rulesets",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("not called: %s", want)
		}
	}
	if strings.Contains(calls, "providers lock") {
		t.Error("the lock files of the first run are made again")
	}
	if given, err := os.ReadFile(filepath.Join(w.bin, "given")); err != nil || string(given) != "TF_VAR_database_url\nTF_VAR_migrate_database_url\n" {
		t.Errorf("given %q, %v", given, err)
	}
	files := ""
	for _, name := range []string{"bootstrap/my.tfvars", "bootstrap/backend.tf", "terraform-ecs/dev.backend.hcl", "terraform-ecs/dev.tfvars"} {
		text, err := os.ReadFile(filepath.Join(w.dir, "infra", name))
		if err != nil {
			t.Error(err)
		}
		files += string(text)
	}
	if strings.Contains(out+calls+files, "swordfish") {
		t.Error("a secret is printed, written or handed on by a command line")
	}
	for _, want := range []string{`region = "eu-central-1"`, "repo_id  = 2", `key          = "bootstrap/terraform.tfstate"`, `key    = "dev/terraform.tfstate"`} {
		if !strings.Contains(files, want) {
			t.Errorf("no file has %s:\n%s", want, files)
		}
	}
	if t.Failed() {
		t.Log(out, calls)
	}

	// Rules that are there stay as they are.
	if err := os.WriteFile(filepath.Join(w.bin, "rules"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, calls, err = w.run(t, devFacts, "dev"); err != nil || strings.Contains(calls, "--method POST") {
		t.Errorf("%v\n%s", err, calls)
	}
}

// TestSetupOfProd makes the passwords of its database, and asks for an address.
func TestSetupOfProd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	w := newSetupWorld(t)
	if out, _, err := w.run(t, []string{"YES=yes"}, "prod"); err == nil || !strings.Contains(out, "set ALARM_EMAIL: mail address for alarms") {
		t.Errorf("%v\n%s", err, out)
	}
	out, calls, err := w.run(t, []string{"YES=yes", "ALARM_EMAIL=ops@example.org"}, "prod")
	if err != nil || !strings.Contains(out, "gh workflow run cd-deploy.yml --field environment=prod") {
		t.Fatalf("%v\n%s\n%s", err, out, calls)
	}
	if given, err := os.ReadFile(filepath.Join(w.bin, "given")); err != nil || string(given) != "TF_VAR_database_password\nTF_VAR_service_password\n" {
		t.Errorf("given %q, %v", given, err)
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "infra/terraform-ecs/prod.tfvars")); err != nil || !strings.Contains(string(text), `alarm_email        = "ops@example.org"`) ||
		strings.Count(string(text), "\ndatabase_ca = <<PEM\n-----BEGIN CERTIFICATE-----\nPEM\n") != 1 {
		t.Errorf("%v\n%s", err, text)
	}
	// A password that was made anew would not be the database's.
	if _, _, err := w.run(t, []string{"YES=yes", "ALARM_EMAIL=ops@example.org"}, "prod"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "infra/terraform-ecs/prod.tfvars")); err != nil || strings.Count(string(text), "database_ca") != 1 {
		t.Errorf("%v\n%s", err, text)
	}
	if given, _ := os.ReadFile(filepath.Join(w.bin, "given")); string(given) != "" {
		t.Errorf("given again %q", given)
	}
}

// TestSetupShowsItsPlan, and does nothing without an answer.
func TestSetupShowsItsPlan(t *testing.T) {
	t.Parallel()
	w := newSetupWorld(t)
	for _, args := range [][]string{{"dev", "--plan"}, {"dev"}} {
		out, calls, err := w.run(t, nil, args...)
		if (err == nil) != (len(args) == 2) || !strings.Contains(out, "Account 123456789012, region eu-central-1, repository o/r, environment dev") {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
		if diff := cmp.Diff("aws sts get-caller-identity --query Account --output text\n", calls); diff != "" {
			t.Errorf("%q (-wanted +called):\n%s", args, diff)
		}
	}
	for _, args := range [][]string{{}, {"../prod"}, {"dev", "--all"}, {"stage"}} {
		if out, calls, err := w.run(t, nil, args...); err == nil || calls != "" {
			t.Errorf("%q: %v, called %q\n%s", args, err, calls, fmt.Sprint(out))
		}
	}
}

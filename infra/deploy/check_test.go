package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// repository is a copy of the files that ops/ci/infra.sh reads: no laboratory,
// no tools in the user's cache, and providers only from a mirror on disk.
type repository struct{ dir, home, mirror string }

func copyRepository(t *testing.T) repository {
	t.Helper()
	r := repository{dir: t.TempDir(), home: t.TempDir(), mirror: t.TempDir()}
	for _, dir := range []string{"infra/terraform-lite", "infra/terraform-ecs", "infra/bootstrap", "ops/ci"} {
		if err := os.CopyFS(filepath.Join(r.dir, dir), os.DirFS("../../"+dir)); err != nil {
			t.Fatal(err)
		}
	}
	settings := "provider_installation {\n  filesystem_mirror {\n    path = \"" + r.mirror + "\"\n  }\n}\n"
	if err := os.WriteFile(filepath.Join(r.home, "terraform.rc"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// replace edits a file of terraform-lite.
func (r repository) replace(t *testing.T, name, from, to string) {
	t.Helper()
	name = filepath.Join(r.dir, "infra/terraform-lite", name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no %q", name, from)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// check runs the script, and returns all that it prints.
func (r repository) check(t *testing.T) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ops/ci/infra.sh", "check")
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home, "TF_CLI_CONFIG_FILE=" + filepath.Join(r.home, "terraform.rc")}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func needTerraform(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("terraform"); err != nil {
		if os.Getenv("FUALAB_TEST_REQUIRE_AWS") == "1" {
			t.Fatal(err)
		}
		t.Skip("terraform is not installed")
	}
}

// TestCheckExcusesOnlyAMissingProvider: without provider and laboratory the
// check of infra/ passes, and says which parts it left out.
func TestCheckExcusesOnlyAMissingProvider(t *testing.T) {
	t.Parallel()
	needTerraform(t)
	out, err := copyRepository(t).check(t)
	if err != nil {
		t.Errorf("the check fails without a provider: %v", err)
	}
	for _, want := range []string{
		"validate and terraform test of the choices were NOT tried", "refusals of terraform-ecs: Success!",
		"deployments on a fake AWS are part of the laboratory",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// TestCheckFailsOnBrokenTerraform: a fault of the configuration is never taken
// for a provider that cannot be downloaded, with which it can come together.
func TestCheckFailsOnBrokenTerraform(t *testing.T) {
	t.Parallel()
	needTerraform(t)
	const constraint = `version = ">= 6.47, < 7.0"`
	for _, test := range []struct{ name, file, from, to, want string }{
		{"syntax", "main.tf", "resource ", "resource { ", "terraform fmt: see above"},
		{"declared twice", "variables.tf", "variable ", "variable \"region\" {}\n\nvariable ", "Duplicate variable declaration"},
		{"no such block", "variables.tf", "variable ", "colour {}\n\nvariable ", "Unsupported block type"},
		{"no constraint", "versions.tf", constraint, `version = "six"`, "Invalid version constraint"},
		{"a constraint that no version meets", "versions.tf", constraint, `version = ">= 99.0"`, "no available releases match"},
		{"another Terraform", "versions.tf", `required_version = ">= 1.11"`, `required_version = ">= 99.0"`, "Unsupported Terraform Core version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := copyRepository(t)
			version := filepath.Join(r.mirror, "registry.terraform.io/hashicorp/aws/6.99.0", runtime.GOOS+"_"+runtime.GOARCH)
			if err := os.MkdirAll(version, 0o700); err != nil {
				t.Fatal(err)
			}
			r.replace(t, test.file, test.from, test.to)
			out, err := r.check(t)
			if err == nil || !strings.Contains(out, test.want) || strings.Contains(out, "NOT tried") {
				t.Errorf("error %v, wanted one that says %q, and nothing that was not tried:\n%s", err, test.want, out)
			}
		})
	}
}

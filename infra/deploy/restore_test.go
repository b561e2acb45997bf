//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRestoreKeepsNetworkAndName: the restored database stands in the groups of
// the one before, under its name, however often the command begins.
func TestRestoreKeepsNetworkAndName(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	// RDS is a directory: a file an instance, whose text is its origin.
	const script = `#!/bin/sh
echo "$@" >>"$HOME/calls"
rds=$HOME/rds
case "$1 $2" in
'rds describe-db-instances')
  [ -e "$rds/$4" ] || exit 254
  case "$6" in *SecurityGroup*) echo 'sg-1	sg-2' ;; *SubnetGroup*) echo fualab-prod ;; *ParameterGroup*) echo parameters ;; *Class) echo db.t4g.small ;; *MultiAZ) echo True ;; esac ;;
'rds restore-db-instance-to-point-in-time') cp "$rds/$4" "$rds/$6" && echo restored >"$rds/$6" ;;
'rds modify-db-instance')
  [ ! -e "$HOME/fails" ] || { rm "$HOME/fails"; exit 1; }
  mv "$rds/$4" "$rds/$6" ;;
esac
`
	if err := os.Mkdir(filepath.Join(home, "rds"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"aws": script, "rds/fualab-prod": "before\n", "fails": ""} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	restore := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "../restore.sh", args...)
		cmd.Env = []string{"PATH=" + home + ":" + os.Getenv("PATH"), "HOME=" + home}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, args := range [][]string{{}, {"prod"}, {"prod", "yesterday"}, {"../prod", "2026-11-27T21:00:00Z"}} {
		if out, err := restore(args...); err == nil || !strings.Contains(out, "usage:") {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
	if out, err := restore("prod", "2026-11-27T21:00:00Z"); err == nil {
		t.Errorf("it goes on after a failure:\n%s", out)
	}
	out, err := restore("prod", "2026-11-27T21:00:00Z")
	if err != nil || !strings.Contains(out, "terraform -chdir=infra/terraform-ecs import") {
		t.Errorf("%v\n%s", err, out)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(filepath.Join(home, "rds"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(home, "rds", entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[entry.Name()] = strings.TrimSpace(string(text))
	}
	if diff := cmp.Diff(map[string]string{"fualab-prod": "restored", "fualab-prod-before-20261127210000": "before"}, got); diff != "" {
		t.Errorf("databases (-wanted +there):\n%s", diff)
	}
	calls, err := os.ReadFile(filepath.Join(home, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	const call = "--restore-time 2026-11-27T21:00:00Z --db-instance-class db.t4g.small --db-subnet-group-name fualab-prod --vpc-security-group-ids sg-1 sg-2 " +
		"--db-parameter-group-name parameters --copy-tags-to-snapshot --no-publicly-accessible --multi-az\n"
	if strings.Count(string(calls), "restore-db-instance") != 1 || !strings.Contains(string(calls), call) {
		t.Errorf("not restored once, with all groups:\n%s", calls)
	}
	if stop, exchange := strings.Index(string(calls), "--desired-count 0"), strings.Index(string(calls), "modify-db"); stop < 0 || stop > exchange {
		t.Errorf("the services write while names are exchanged:\n%s", calls)
	}
}

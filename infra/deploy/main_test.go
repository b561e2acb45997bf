package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want options
		says string
	}{
		"deploy":            {args: []string{"deploy", "-env", "dev"}, want: options{"deploy", "dev", "bin/verified.json", "infra/terraform-ecs", "dev.tfvars", "bin/client", "", nil}},
		"rollback":          {args: []string{"rollback", "-env", "prod", "-record", "z", "-stack", "x", "-var-file", "y"}, want: options{"rollback", "prod", "z", "x", "y", "bin/client", "", nil}},
		"status":            {args: []string{"status", "-env", "dev"}, want: options{"status", "dev", "bin/verified.json", "infra/terraform-ecs", "dev.tfvars", "bin/client", "", nil}},
		"run":               {args: []string{"run", "-env", "dev", "--", "token", "create", "--name", "ci"}, want: options{"run", "dev", "bin/verified.json", "infra/terraform-ecs", "dev.tfvars", "bin/client", "", []string{"token", "create", "--name", "ci"}}},
		"nothing to run":    {args: []string{"run", "-env", "dev", "--"}, says: "run wants a command"},
		"nothing":           {says: "not understood"},
		"no command":        {args: []string{"destroy", "-env", "dev"}, says: `"destroy" is no command`},
		"no environment":    {args: []string{"status"}, says: "-env"},
		"a path":            {args: []string{"status", "-env", "../prod"}, says: "-env"},
		"a name":            {args: []string{"deploy", "-env", "dev", "-release", "main-1"}, says: "-release"},
		"one word more":     {args: []string{"status", "-env", "dev", "now"}, says: `"now"`},
		"an option unknown": {args: []string{"status", "-environment", "dev"}, says: "-environment"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(tt.args)
			if tt.says != "" {
				if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), tt.says) {
					t.Fatalf("error %v, wanted one of usage that says %s", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(options{})); diff != "" {
				t.Errorf("(-wanted +parsed):\n%s", diff)
			}
		})
	}
}

func TestParseRelease(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0", 64)
	tests := map[string]struct{ text, says string }{
		"whole":      {`{"release":"main-1","version":"main-1","images":{"api":"a@sha256:` + hash + `","worker":"w@sha256:` + hash + `"}}`, ""},
		"none":       {`{}`, ""},
		"no JSON":    {`unset`, "no JSON"},
		"by tag":     {`{"release":"main-1","version":"main-1","images":{"api":"a:main-1","worker":"w@sha256:` + hash + `"}}`, "no image of api by digest"},
		"no worker":  {`{"release":"main-1","version":"main-1","images":{"api":"a@sha256:` + hash + `"}}`, "no image of worker by digest"},
		"no version": {`{"release":"main-1","images":{"api":"a@sha256:` + hash + `","worker":"w@sha256:` + hash + `"}}`, "no version"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseRelease(tt.text)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, wanted one that says %q", err, tt.says)
			}
		})
	}
}

// TestOnlyAVerifiedRecordIsDeployed: AWS is not asked for a record that anyone
// with access to its parameters may have swapped since.
func TestOnlyAVerifiedRecordIsDeployed(t *testing.T) {
	t.Parallel()
	verified := release("new")
	verified.Verified = "fualab/fualab"
	for says, text := range map[string]string{
		"":                            record(t, verified),
		"no record that was verified": record(t, release("new")),
		"is no record":                "{}",
		"no JSON":                     "unset",
		"by digest":                   `{"release":"new","version":"new","verified":"fualab/fualab","images":{"api":"a:new","worker":"w:new"}}`,
	} {
		file := filepath.Join(t.TempDir(), "verified.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := verifiedRelease(file)
		wantError(t, err, says)
		if diff := cmp.Diff(release("new"), got); says == "" && diff != "" {
			t.Errorf("(-wanted +read):\n%s", diff)
		}
		for _, command := range []string{"deploy", "rollback"} {
			if says != "" {
				wantError(t, run(t.Context(), []string{command, "-env", "dev", "-record", file}, io.Discard), says)
			}
		}
	}
	_, err := verifiedRelease(filepath.Join(t.TempDir(), "none.json"))
	wantError(t, err, "none.json")
}

func TestParseOutputs(t *testing.T) {
	t.Parallel()
	text := `{"cluster":{"value":"fualab-dev"},"ingress":{"value":"public_ip"},"url":{"value":""},
		"migrate":{"value":{"task_definition":"arn:7","subnets":["subnet-1"],"security_group":"sg-1","log_group":"/fualab/dev/migrate"}},
		"services":{"value":{"api":{"least":1,"most":4}}},"task_definitions":{"value":{"api":"arn:8"}},
		"web_client":{"value":{"url":"https://d1.cloudfront.net","bucket":"b","distribution":"E1"}},"other":{"value":[1]}}`
	want := Outputs{
		Cluster: "fualab-dev", Ingress: "public_ip",
		Migrate:  &MigrateTask{"arn:7", []string{"subnet-1"}, "sg-1", "/fualab/dev/migrate"},
		Services: map[string]Range{"api": {1, 4}}, TaskDefinitions: map[string]string{"api": "arn:8"},
		Client: &Client{URL: "https://d1.cloudfront.net", Bucket: "b", Distribution: "E1"},
	}
	got, err := parseOutputs([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-wanted +parsed):\n%s", diff)
	}
	without := strings.Replace(text, `"web_client"`, `"no_client"`, 1)
	if got, err := parseOutputs([]byte(without)); err != nil || got.Client != nil {
		t.Errorf("a stack without a web client: %+v, %v", got.Client, err)
	}
	if _, err := parseOutputs([]byte(`{"cluster":{"value":"fualab-dev"}}`)); err == nil || !strings.Contains(err.Error(), "apply it once by hand") {
		t.Errorf("a stack without outputs: error %v", err)
	}
}

package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

const root = "../../../"

// TestVariables compares the documented variables with the files.
func TestVariables(t *testing.T) {
	t.Parallel()
	var text []byte
	for _, name := range []string{"docker-compose.yml", "docker-compose.observability.yml"} {
		file, err := os.ReadFile(root + name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, file...)
	}
	got := make(map[string]string)
	for _, found := range regexp.MustCompile(`\$\{(FUALAB_\w+):-([^}]*)\}`).FindAllStringSubmatch(string(text), -1) {
		got[found[1]] = found[2]
	}
	want := make(map[string]string)
	for _, v := range config.Variables(reflect.TypeFor[Config]()) {
		want[v.Name] = v.Default
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ops/internal/compose documents other variables than the Compose files read (-documented +read):\n%s", diff)
	}
}

// TestDomainRequiresTokens: an API with a public domain requires tokens, in each
// way of setting the domain.
func TestDomainRequiresTokens(t *testing.T) {
	t.Parallel()
	const refused = "FUALAB_DOMAIN publishes the API to the internet, but FUALAB_AUTH is not on: set FUALAB_AUTH=on in .env"
	const published, local = "-f docker-compose.yml -f docker-compose.https.yml up\n", "-f docker-compose.yml up\n"
	for name, test := range map[string]struct {
		file, want string
		environ    []string
	}{
		"neither":                      {want: local},
		"authentication alone":         {environ: []string{"FUALAB_AUTH=on"}, want: local},
		"a domain alone":               {environ: []string{"FUALAB_DOMAIN=x.example.com"}, want: refused},
		"a domain and off":             {environ: []string{"FUALAB_DOMAIN=x.example.com", "FUALAB_AUTH=off"}, want: refused},
		"both":                         {environ: []string{"FUALAB_DOMAIN=x.example.com", "FUALAB_AUTH=on"}, want: published},
		"a domain in .env":             {file: "FUALAB_DOMAIN=x.example.com\n", want: refused},
		"a quoted domain in .env":      {file: "export FUALAB_DOMAIN='x.example.com'\n#FUALAB_AUTH=on\n", want: refused},
		"both in .env":                 {file: "FUALAB_DOMAIN=x.example.com\nFUALAB_AUTH=\"on\"\n", want: published},
		"on in .env, off in the shell": {file: "FUALAB_DOMAIN=x.example.com\nFUALAB_AUTH=on\n", environ: []string{"FUALAB_AUTH=off"}, want: refused},
		"another word":                 {file: "FUALAB_DOMAIN=x.example.com\nFUALAB_AUTH=yes\n", want: refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range map[string]string{
				"ops/compose.sh": read(t, "ops/compose.sh"), "ops/ci/lib.sh": read(t, "ops/ci/lib.sh"), ".env": test.file,
				"bin/docker": "#!/bin/sh\n[ \"$2\" = version ] || { shift; echo \"$@\"; }\n",
			} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "ops/compose.sh"), "up")
			cmd.Env = append([]string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "GIT_CEILING_DIRECTORIES=" + dir}, test.environ...)
			out, err := cmd.CombinedOutput()
			if (err != nil) != (test.want == refused) || !strings.Contains(string(out), test.want) {
				t.Errorf("%v\n%s\nwant %s", err, out, test.want)
			}
		})
	}
}

// TestAPIWithoutTokensIsOnLoopback: the API needs no token where only this machine
// reaches it, and an image that is run alone is in production.
func TestAPIWithoutTokensIsOnLoopback(t *testing.T) {
	t.Parallel()
	compose, https := read(t, "docker-compose.yml"), read(t, "docker-compose.https.yml")
	ports := regexp.MustCompile(`(?m)^ +(?:ports: \["|- )(.*:\d+)\W*$`).FindAllStringSubmatch(compose, -1)
	if len(ports) < 4 {
		t.Errorf("found %d published ports", len(ports))
	}
	for _, port := range ports {
		if !strings.HasPrefix(port[1], "127.0.0.1:") {
			t.Errorf("docker-compose.yml publishes %s to other machines", port[1])
		}
	}
	for _, want := range []string{"FUALAB_ENV: ${FUALAB_ENV:-development}", "FUALAB_AUTH: ${FUALAB_AUTH:-off}"} {
		if strings.Count(compose, want) != 1 {
			t.Errorf("docker-compose.yml does not have exactly one line %s", want)
		}
	}
	if !strings.Contains(https, `FUALAB_AUTH: "on"`) {
		t.Error("docker-compose.https.yml publishes an API without tokens")
	}
	for _, service := range []string{"api", "worker"} {
		_, last, _ := strings.Cut(read(t, service+"/Dockerfile"), ":nonroot")
		if !strings.Contains(last, "\nENV FUALAB_ENV=production\n") {
			t.Errorf("the image of %s is not for production", service)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(root + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPins writes the registry's digest after each base image. The check
// accepts only the result.
func TestPins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	digest := "sha256:" + strings.Repeat("a", 64)
	files := map[string]string{"bin/docker": "#!/bin/sh\necho " + digest + "\n"}
	for _, name := range []string{"ops/ci/pins.sh", "ops/ci/lib.sh", "api/Dockerfile", "worker/Dockerfile", "frontend/Dockerfile", "docker-compose.yml", "docker-compose.observability.yml"} {
		files[name] = regexp.MustCompile(`@sha256:[0-9a-f]{64}`).ReplaceAllString(read(t, name), "")
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	pins := func(command string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "ops/ci/pins.sh"), command)
		cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const unpinned = "caddy:2-alpine, docker/dockerfile:1, gcr.io/distroless/static-debian12:nonroot, golang:1.26.8-alpine, grafana/otel-lgtm:0.29.1, node:22-alpine, postgres:17-alpine, redis:8-alpine: go tool task images:pin"
	if out, err := pins("check"); err == nil || !strings.Contains(out, unpinned) {
		t.Errorf("without a digest: %v\n%s", err, out)
	}
	if out, err := pins("pin"); err != nil || strings.Count(out, digest) != 8 {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := pins("check"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for name, count := range map[string]int{"api/Dockerfile": 3, "worker/Dockerfile": 3, "frontend/Dockerfile": 3, "docker-compose.yml": 2, "docker-compose.observability.yml": 1} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), "@"+digest); got != count || strings.ReplaceAll(string(text), "@"+digest, "") != files[name] {
			t.Errorf("%s has %d digests instead of %d, or another change:\n%s", name, got, count, text)
		}
	}
}

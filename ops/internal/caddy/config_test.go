package caddy_test

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/ops/internal/caddy"
	"github.com/fualab/fualab/shared/config"
)

// TestVariables compares the documented variables with the file.
func TestVariables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../frontend/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, found := range regexp.MustCompile(`\{\$(\w+):?(.*?)\}`).FindAllStringSubmatch(string(text), -1) {
		got[found[1]] = found[2]
	}
	want := make(map[string]string)
	for _, v := range config.Variables(reflect.TypeFor[caddy.Config]()) {
		if v.Name != "FUALAB_API_UPSTREAM" { // Vite's
			want[v.Name] = v.Default
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ops/internal/caddy documents other variables than frontend/Caddyfile reads (-documented +read):\n%s", diff)
	}
}

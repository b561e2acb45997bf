package compose

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

const root = "../../../"

// TestVariables holds the documented variables to the files.
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

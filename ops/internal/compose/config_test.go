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

// TestVariables holds the documented variables to the file.
func TestVariables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "docker-compose.yml")
	if err != nil {
		t.Fatal(err)
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
		t.Errorf("ops/internal/compose documents other variables than docker-compose.yml reads (-documented +read):\n%s", diff)
	}
}

package transfer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTablesFollowTheirReferences(t *testing.T) {
	t.Parallel()
	plan := func(names string) (tables []table) {
		for name := range strings.FieldsSeq(names) {
			tables = append(tables, table{name: name})
		}
		return tables
	}
	for name, tt := range map[string]struct {
		tables string
		refers map[string][]string
		want   string
		fails  string
	}{
		"none":            {"a b c", nil, "a b c", ""},
		"to a later name": {"a b c", map[string][]string{"a": {"c"}}, "b c a", ""},
		"a chain":         {"a b c d", map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d"}}, "d c b a", ""},
		"two parents":     {"a b c", map[string][]string{"a": {"b", "c"}}, "b c a", ""},
		"left out":        {"a b", map[string][]string{"a": {"bun_migrations"}}, "a b", ""},
		"a circle":        {"a b c", map[string][]string{"a": {"c"}, "c": {"a"}}, "", "a, c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sorted, err := inOrder(plan(tt.tables), tt.refers)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Fatalf("%v, want an error that names %q", err, tt.fails)
				}
				return
			}
			var got []string
			for _, s := range sorted {
				got = append(got, s.name)
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" || err != nil {
				t.Errorf("%v; order (-want +got):\n%s", err, diff)
			}
		})
	}
}

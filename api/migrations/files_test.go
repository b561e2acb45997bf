package migrations

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fualab/fualab/shared/testdb"
)

func TestDiscover(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"0001_items.sql":         "want a name like",
		"items.tx.up.sql":        "want a name like",
		"0001_a.tx.sideways.sql": "want a name like",
	} {
		_, err := discover(fstest.MapFS{name: {Data: []byte("SELECT 1")}}, "marks")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for _, files := range [][2]string{
		{"0002_a.tx.up.sql", "0002_b.tx.up.sql"},
		{"0002_a.tx.down.sql", "0002_b.up.sql"},
		{"0002_a.tx.up.sql", "0002_a.up.sql"},
		{"0002_a.down.sql", "0002_a.tx.down.sql"},
	} {
		_, err := discover(fstest.MapFS{files[0]: {}, files[1]: {}, "0001_a.tx.up.sql": {}, "0001_a.tx.down.sql": {}, "0003_b.up.sql": {}, "0003_b.down.sql": {}}, "marks")
		if err == nil || !strings.Contains(err.Error(), files[0]) || !strings.Contains(err.Error(), files[1]) || !strings.Contains(err.Error(), "same number") {
			t.Errorf("%v: %v", files, err)
		}
	}
	for _, s := range newMigrator(t, testdb.Open(t, testdb.EmptyURL(t, "sqlite"))).sequences {
		for _, m := range s.all {
			if m.Up == nil || m.Down == nil {
				t.Errorf("migration %s has no file for one of both ways", s.qualified(&m))
			}
		}
	}
	all, err := discover(fstest.MapFS{
		"0002_b_c.up.sql": {}, "0002_b_c.down.sql": {}, "0001_a.tx.up.sql": {}, "0001_a.tx.down.sql": {}, "README.md": {},
	}, "marks")
	if err != nil || len(all) != 2 || all[0].Name != "0001" || all[1].Name != "0002" || all[1].Comment != "b_c" {
		t.Errorf("%v, %v", all, err)
	}
}

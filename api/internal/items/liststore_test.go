package items

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// ticking is a clock that goes on by a second with each look.
func ticking() func() time.Time {
	now := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func ids(items []*items.Item) []int64 {
	all := []int64{}
	for _, item := range items {
		all = append(all, item.ID)
	}
	return all
}

// fiveItems are created a second after each other; 5 is deleted.
func fiveItems(t *testing.T, db *database.DB, s *Store) {
	t.Helper()
	key := "key-2"
	for i, fields := range []items.Fields{{Name: "alpha"}, {Name: "beta", ExternalID: &key}, {Name: "Alphabet"}, {Name: "beta"}, {Name: "alpha, deleted"}} {
		fields.Attributes = model.Attributes("{}")
		if item, err := s.CreateItem(t.Context(), fields); err != nil || item.ID != int64(i+1) {
			t.Fatalf("%+v, %v", item, err)
		}
	}
	if _, err := s.DeleteItem(t.Context(), 5, func(*items.Item) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{"UPDATE items SET status = 'expired' WHERE id = 3", "UPDATE items SET duplicate_of = 2 WHERE id = 4"} {
		if _, err := db.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEachFilterChooses some items and excludes others; a time excludes the
// items of that very moment. A list, a count and an export agree.
func TestEachFilterChooses(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := NewStore(db, ticking())
		fiveItems(t, db, s)
		at := func(id int64) *model.Time {
			item, err := s.Item(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return &item.CreatedAt
		}
		for name, tt := range map[string]struct {
			filter Filter
			want   []int64
		}{
			"none":           {Filter{}, []int64{1, 2, 3, 4}},
			"active":         {Filter{Status: items.Active}, []int64{1, 2, 4}},
			"expired":        {Filter{Status: items.Expired}, []int64{3}},
			"external id":    {Filter{ExternalID: "key-2"}, []int64{2}},
			"no such id":     {Filter{ExternalID: "key-3"}, []int64{}},
			"duplicates":     {Filter{DuplicateOf: 2}, []int64{4}},
			"no duplicates":  {Filter{DuplicateOf: 1}, []int64{}},
			"after":          {Filter{CreatedAfter: at(2)}, []int64{3, 4}},
			"before":         {Filter{CreatedBefore: at(3)}, []int64{1, 2}},
			"between":        {Filter{CreatedAfter: at(1), CreatedBefore: at(3)}, []int64{2}},
			"text":           {Filter{Query: "ALPHA"}, []int64{1, 3}},
			"short text":     {Filter{Query: "et"}, []int64{2, 3, 4}},
			"text and state": {Filter{Query: "alpha", Status: items.Active}, []int64{1}},
		} {
			page := Page{Filter: tt.filter, Page: keyset.Page{Order: orders["id"], Limit: 10}}
			some, more, err := s.Items(t.Context(), page)
			if err != nil || more {
				t.Errorf("%s: more %t, %v", name, more, err)
			}
			if diff := cmp.Diff(tt.want, ids(some)); diff != "" {
				t.Errorf("%s: the list (-want +got):\n%s", name, diff)
			}
			if n, err := s.CountItems(t.Context(), tt.filter); err != nil || n != int64(len(tt.want)) {
				t.Errorf("%s: the count is %d, %v", name, n, err)
			}
			exported := []*items.Item{}
			if err := s.ExportItems(t.Context(), tt.filter, func(item *items.Item) error { exported = append(exported, item); return nil }); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.want, ids(exported)); diff != "" {
				t.Errorf("%s: the export (-want +got):\n%s", name, diff)
			}
		}
	})
}

// TestPagesOfEachSort, forth and back; a full page without a next one says so.
func TestPagesOfEachSort(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := NewStore(db, ticking())
		fiveItems(t, db, s)
		for _, tt := range []struct {
			sort  string
			down  bool
			from  *keyset.Position
			limit int
			want  []int64
			more  bool
		}{
			{"id", false, nil, 3, []int64{1, 2, 3}, true},
			{"id", false, nil, 4, []int64{1, 2, 3, 4}, false},
			{"id", true, nil, 2, []int64{4, 3}, true},
			{"id", false, &keyset.Position{ID: 2}, 2, []int64{3, 4}, false},
			{"id", false, &keyset.Position{ID: 4, Before: true}, 2, []int64{2, 3}, true},
			{"id", true, &keyset.Position{ID: 3}, 2, []int64{2, 1}, false},
			{"id", true, &keyset.Position{ID: 1, Before: true}, 2, []int64{3, 2}, true},
			{"id", true, &keyset.Position{ID: 2, Before: true}, 2, []int64{4, 3}, false},
			{"name", false, nil, 9, []int64{3, 1, 2, 4}, false},
			{"name", true, nil, 3, []int64{4, 2, 1}, true},
			{"name", false, &keyset.Position{Key: "beta", ID: 2}, 2, []int64{4}, false},
			{"name", true, &keyset.Position{Key: "beta", ID: 2, Before: true}, 2, []int64{4}, false},
		} {
			name := fmt.Sprintf("%s, descending %t, from %+v, limit %d", tt.sort, tt.down, tt.from, tt.limit)
			order := orders[tt.sort]
			order.Descending = tt.down
			items, more, err := s.Items(t.Context(), Page{Page: keyset.Page{Order: order, From: tt.from, Limit: tt.limit}})
			if err != nil || more != tt.more {
				t.Errorf("%s: more %t, %v", name, more, err)
			}
			if diff := cmp.Diff(tt.want, ids(items)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

package items_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// sorts are the documented ones.
var sorts = []string{"id", "-id", "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"}

// TestPagesForthAndBack compares the pages with a list sorted here.
func TestPagesForthAndBack(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		for _, name := range []string{"b", "a", "B", "é", "a", "b", "z", "a", "Z", "日本", "a b"} {
			h.Must(201, "POST", "/api/items", `{"name":"`+name+`"}`)
		}
		for _, sort := range sorts {
			all := apitest.Decode[[]item](t, h.Must(200, "GET", "/api/items?sort="+sort, "").Body)
			if !slices.IsSortedFunc(all, order(sort)) {
				t.Errorf("%s: not in order: %v", sort, all)
			}
			var forth, back [][]item
			last := ""
			for path := "/api/items?limit=3&sort=" + sort; path != ""; {
				page := h.Must(200, "GET", path, "")
				forth = append(forth, apitest.Decode[[]item](t, page.Body))
				last, path = page.Link("prev"), page.Link("next")
			}
			for path := last; path != ""; {
				page := h.Must(200, "GET", path, "")
				back = append(back, apitest.Decode[[]item](t, page.Body))
				path = page.Link("prev")
			}
			if got := slices.Concat(forth...); !slices.Equal(got, all) {
				t.Errorf("%s: forth %v, want %v", sort, got, all)
			}
			slices.Reverse(back)
			if got, want := slices.Concat(back...), slices.Concat(forth[:len(forth)-1]...); !slices.Equal(got, want) {
				t.Errorf("%s: back %v, want %v", sort, got, want)
			}
		}
	})
}

// order compares by id and name; the times rise with the id here.
func order(sort string) func(a, b item) int {
	column, descending := strings.CutPrefix(sort, "-")
	return func(a, b item) int {
		c := cmp.Compare(a.ID, b.ID)
		if column == "name" {
			c = cmp.Or(cmp.Compare(a.Name, b.Name), c)
		}
		if descending {
			return -c
		}
		return c
	}
}

func TestCursorIsBoundToItsQuery(t *testing.T) {
	t.Parallel()
	h := apitest.NewHarness(t, testdb.New(t, "sqlite"))
	h.Must(201, "POST", "/api/items/batch", `[{"name":"one"},{"name":"two"},{"name":"three"}]`)
	link := h.Must(200, "GET", "/api/items?limit=1&q=o&sort=-name", "").Link("next")
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("q") != "o" || q.Get("sort") != "-name" || q.Get("limit") != "1" {
		t.Errorf("the link loses its query: %s", link)
	}
	q.Set("limit", "2")
	h.Must(200, "GET", "/api/items?"+q.Encode(), "")
	for name, value := range map[string]string{"q": "t", "sort": "name", "status": "active", "duplicate_of": "1", "created_after": "2020-01-01T00:00:00Z"} {
		other := url.Values{}
		for k, v := range q {
			other[k] = v
		}
		other.Set(name, value)
		a := h.Must(422, "GET", "/api/items?"+other.Encode(), "")
		if !strings.Contains(a.Body, "belongs to another sort or filter") {
			t.Errorf("with another %s: %s", name, a.Body)
		}
	}
}

// TestCursorWithNUL sends a cursor that no Link has and Postgres refuses.
func TestCursorWithNUL(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		h.Must(201, "POST", "/api/items/batch", `[{"name":"one"},{"name":"two"}]`)
		u, err := url.Parse(h.Must(200, "GET", "/api/items?limit=1&sort=name", "").Link("next"))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		raw, err := base64.RawURLEncoding.DecodeString(q.Get("cursor"))
		if err != nil {
			t.Fatal(err)
		}
		q.Set("cursor", base64.RawURLEncoding.EncodeToString(bytes.ReplaceAll(raw, []byte("one"), []byte(`\u0000`))))
		if a := h.Must(422, "GET", "/api/items?"+q.Encode(), ""); !strings.Contains(a.Body, `"parameter":"cursor"`) {
			t.Errorf("answered %s", a.Body)
		}
	})
}

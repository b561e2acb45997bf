package httpapi_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// sorts are the documented ones.
var sorts = []string{"id", "-id", "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"}

// TestPagingWhileOthersWrite pages through every sort while others insert and
// delete between the pages: an item that stands throughout is seen once.
func TestPagingWhileOthersWrite(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		for _, sort := range sorts {
			pageWhileOthersWrite(t, h, sort, rand.Uint64())
		}
	})
}

func pageWhileOthersWrite(t *testing.T, h *harness, sort string, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	// Few names, so that the id has to break ties.
	tag := "t" + strings.ReplaceAll(fmt.Sprint(r.Uint64()), "0", "x")
	create := func(n int) []int64 {
		bodies := make([]string, n)
		for i := range bodies {
			bodies[i] = fmt.Sprintf(`{"name":"%c %s"}`, 'a'+rune(r.IntN(4)), tag)
		}
		var ids []int64
		for _, it := range decode[[]item](t, h.must(201, "POST", "/api/items/batch", "["+strings.Join(bodies, ",")+"]").Body) {
			ids = append(ids, it.ID)
		}
		return ids
	}
	standing, doomed := create(20), create(20)
	standing = append(standing, create(20)...)
	for _, id := range standing[:5] { // so that updated_at is not the order of creation
		h.must(200, "PATCH", fmt.Sprintf("/api/items/%d", id), `{"description":"changed"}`)
	}

	seen := make(map[int64]int)
	query := url.Values{"sort": {sort}, "q": {tag}, "limit": {fmt.Sprint(2 + r.IntN(8))}}
	path, pages := "/api/items?"+query.Encode(), 0
	for path != "" {
		if pages++; pages > 1000 {
			t.Fatalf("%s: the list does not end", sort)
		}
		page := h.must(200, "GET", path, "")
		for _, it := range decode[[]item](t, page.Body) {
			seen[it.ID]++
		}
		path = page.link("next")
		if pages < 10 { // then the list may end
			create(1 + r.IntN(3))
		}
		if len(doomed) > 0 {
			h.must(204, "DELETE", fmt.Sprintf("/api/items/%d", doomed[0]), "")
			doomed = doomed[1:]
		}
	}
	for _, id := range standing {
		if seen[id] != 1 {
			t.Errorf("%s, seed %d: item %d was seen %d times in %d pages", sort, seed, id, seen[id], pages)
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s, seed %d: item %d was seen %d times", sort, seed, id, n)
		}
	}
}

// TestPagesForthAndBack compares the pages with a list sorted here.
func TestPagesForthAndBack(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		for _, name := range []string{"b", "a", "B", "é", "a", "b", "z", "a", "Z", "日本", "a b"} {
			h.must(201, "POST", "/api/items", `{"name":"`+name+`"}`)
		}
		for _, sort := range sorts {
			all := decode[[]item](t, h.must(200, "GET", "/api/items?sort="+sort, "").Body)
			if !slices.IsSortedFunc(all, order(sort)) {
				t.Errorf("%s: not in order: %v", sort, all)
			}
			var forth, back [][]item
			last := ""
			for path := "/api/items?limit=3&sort=" + sort; path != ""; {
				page := h.must(200, "GET", path, "")
				forth = append(forth, decode[[]item](t, page.Body))
				last, path = page.link("prev"), page.link("next")
			}
			for path := last; path != ""; {
				page := h.must(200, "GET", path, "")
				back = append(back, decode[[]item](t, page.Body))
				path = page.link("prev")
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
	h := newHarness(t, testdb.New(t, "sqlite"))
	h.must(201, "POST", "/api/items/batch", `[{"name":"one"},{"name":"two"},{"name":"three"}]`)
	link := h.must(200, "GET", "/api/items?limit=1&q=o&sort=-name", "").link("next")
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("q") != "o" || q.Get("sort") != "-name" || q.Get("limit") != "1" {
		t.Errorf("the link loses its query: %s", link)
	}
	q.Set("limit", "2")
	h.must(200, "GET", "/api/items?"+q.Encode(), "")
	for name, value := range map[string]string{"q": "t", "sort": "name", "status": "active", "duplicate_of": "1", "created_after": "2020-01-01T00:00:00Z"} {
		other := url.Values{}
		for k, v := range q {
			other[k] = v
		}
		other.Set(name, value)
		a := h.must(422, "GET", "/api/items?"+other.Encode(), "")
		if !strings.Contains(a.Body, "belongs to another sort or filter") {
			t.Errorf("with another %s: %s", name, a.Body)
		}
	}
}

// TestCursorWithNUL sends what no Link says and Postgres refuses.
func TestCursorWithNUL(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		h.must(201, "POST", "/api/items/batch", `[{"name":"one"},{"name":"two"}]`)
		u, err := url.Parse(h.must(200, "GET", "/api/items?limit=1&sort=name", "").link("next"))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		raw, err := base64.RawURLEncoding.DecodeString(q.Get("cursor"))
		if err != nil {
			t.Fatal(err)
		}
		q.Set("cursor", base64.RawURLEncoding.EncodeToString(bytes.ReplaceAll(raw, []byte("one"), []byte(`\u0000`))))
		if a := h.must(422, "GET", "/api/items?"+q.Encode(), ""); !strings.Contains(a.Body, `"parameter":"cursor"`) {
			t.Errorf("answered %s", a.Body)
		}
	})
}

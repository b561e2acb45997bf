package items_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/testdb"
)

// TestPagingWhileOthersWrite pages through every sort, with and without a
// search, while others insert and delete: those that run beside it, and
// between the pages one that deletes the very rows at which they ended. An
// item that stands throughout is seen once.
func TestPagingWhileOthersWrite(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		for _, search := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/search=%t", dialect, search), func(t *testing.T) {
				t.Parallel()
				h := apitest.NewHarness(t, testdb.New(t, dialect))
				for range 3 {
					seed := rand.Uint64()
					for _, sort := range sorts {
						pageWhileOthersWrite(t, h, sort, search, seed)
					}
				}
			})
		}
	}
}

// crowd are the items of one round.
type crowd struct {
	h   *apitest.Harness
	tag string // in each of their names
}

// create makes n items, and returns their ids.
func (c *crowd) create(r *rand.Rand, n int) ([]int64, error) {
	bodies := make([]string, n)
	for i := range bodies { // few names, so that the id has to break ties
		bodies[i] = fmt.Sprintf(`{"name":"%c %s"}`, 'a'+rune(r.IntN(4)), c.tag)
	}
	a, err := c.h.Try(201, "POST", "/api/items/batch", "["+strings.Join(bodies, ",")+"]")
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, it := range apitest.Decode[[]item](c.h.T, a.Body) {
		ids = append(ids, it.ID)
	}
	return ids, nil
}

func (c *crowd) delete(id int64) error {
	_, err := c.h.Try(204, "DELETE", fmt.Sprintf("/api/items/%d", id), "")
	return err
}

// write inserts and deletes until stop is set, at most n times: a list that
// grows faster than it is read has no end.
func (c *crowd) write(seed uint64, n int, stop *atomic.Bool) error {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		if stop.Load() {
			break
		}
		ids, err := c.create(r, 1+r.IntN(3))
		if err == nil {
			err = c.delete(ids[r.IntN(len(ids))])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func pageWhileOthersWrite(t *testing.T, h *apitest.Harness, sort string, search bool, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	c := &crowd{h: h, tag: "t" + strings.ReplaceAll(fmt.Sprint(r.Uint64()), "0", "x")}
	ids, err := c.create(r, 40)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids[:5] { // so that updated_at is not the order of creation
		h.Must(200, "PATCH", fmt.Sprintf("/api/items/%d", id), `{"description":"changed"}`)
	}
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	standing, doomed := ids[:25], ids[25:]

	var stop atomic.Bool
	var writers sync.WaitGroup
	for i := range uint64(2) {
		writers.Go(func() {
			if err := c.write(seed+i, 10, &stop); err != nil {
				t.Error(err)
			}
		})
	}
	query := url.Values{"sort": {sort}, "limit": {fmt.Sprint(3 + r.IntN(8))}}
	if search {
		query.Set("q", c.tag)
	}
	seen := c.page(t, "/api/items?"+query.Encode(), doomed)
	stop.Store(true)
	writers.Wait()

	for _, id := range standing {
		if seen[id] != 1 {
			t.Errorf("%s, seed %d: item %d was seen %d times", sort, seed, id, seen[id])
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s, seed %d: item %d was seen %d times", sort, seed, id, n)
		}
	}
	// Rows left behind would be paged through, or searched, in every later round.
	if _, err := h.Db.ExecContext(t.Context(), "DELETE FROM items"); err != nil {
		t.Fatal(err)
	}
}

// page follows the links from path to the end and counts how often each item
// is seen. Where a page ends at one of doomed, that is deleted before the
// next, which begins behind a row that is no more; and one of them besides.
func (c *crowd) page(t *testing.T, path string, doomed []int64) map[int64]int {
	t.Helper()
	seen := make(map[int64]int)
	for pages := 0; path != ""; pages++ {
		if pages > 1000 {
			t.Fatalf("%s does not end", path)
		}
		answer := c.h.Must(200, "GET", path, "")
		items := apitest.Decode[[]item](t, answer.Body)
		for _, it := range items {
			seen[it.ID]++
		}
		path = answer.Link("next")
		if len(items) == 0 || len(doomed) == 0 {
			continue
		}
		next := max(0, slices.Index(doomed, items[len(items)-1].ID))
		if err := c.delete(doomed[next]); err != nil {
			t.Fatal(err)
		}
		doomed = slices.Delete(doomed, next, next+1)
	}
	return seen
}

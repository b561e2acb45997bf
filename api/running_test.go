package api_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/testdb"
)

// TestContractOfARunningAPI holds an API that runs somewhere, with whatever is
// in its database, to the contract: FUALAB_TEST_API_URL=http://localhost:8000.
// It removes the items that it makes.
func TestContractOfARunningAPI(t *testing.T) {
	t.Parallel()
	base := strings.TrimSuffix(os.Getenv("FUALAB_TEST_API_URL"), "/")
	if base == "" {
		t.Skip("FUALAB_TEST_API_URL names no running API")
	}
	c := newClient(t, base)
	c.follow(anytime)
	c.older()
}

// TestOlderContract is the same on databases of its own that are not empty.
func TestOlderContract(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := newHarness(t, db)
		h.must(201, "POST", "/api/items", `{"name":"another's"}`)
		h.older()
		h.follow(anytime)
	})
}

// older makes the requests that clients of the earlier system rely on. Refused
// ones are in anytime.
func (c *client) older() {
	c.t.Helper()
	for _, name := range []string{"Sample", "Zoë 😀 日本語 <&> \\\"quoted\\\"", strings.Repeat("😀", 255)} {
		created := decode[map[string]any](c.t, c.must(201, "POST", "/api/items", `{"name":"`+name+`"}`).Body)
		path := fmt.Sprintf("/api/items/%.0f", created["id"])
		c.t.Cleanup(func() { c.do("DELETE", path, "") })
		if want := strings.ReplaceAll(name, `\`, ""); created["name"] != want || created["created_at"] == nil || created["id"] == nil {
			c.t.Errorf("created %v, want a name, %.40s, an id and created_at", created, want)
		}
		detail := c.must(200, "GET", path, "")
		if got := decode[map[string]any](c.t, detail.Body); got["id"] != created["id"] || got["name"] != created["name"] || got["created_at"] != created["created_at"] {
			c.t.Errorf("%s is %v, and was created as %v", path, got, created)
		}
		if !c.listed(fmt.Sprintf(`{"id":%.0f,`, created["id"])) {
			c.t.Errorf("the list lacks %s", path)
		}
		if a := c.must(200, "HEAD", path, ""); a.Body != "" || a.Header.Get("Etag") == "" {
			c.t.Errorf("HEAD %s: %+v", path, a)
		}
		c.must(204, "DELETE", path, "")
		if a := c.must(404, "GET", path, ""); !strings.Contains(a.Body, `"detail":"Item not found"`) {
			c.t.Errorf("GET %s, deleted: %s", path, a.Body)
		}
	}
	c.must(404, "GET", "/api/items/9223372036854775807", "")
}

// listed looks for text among the newest items, and in the plain list as far
// as its first page goes.
func (c *client) listed(text string) bool {
	c.t.Helper()
	newest := c.must(200, "GET", "/api/items?sort=-id", "").Body
	plain := c.must(200, "GET", "/api/items", "")
	return strings.Contains(newest, text) && (strings.Contains(plain.Body, text) || plain.link("next") != "")
}

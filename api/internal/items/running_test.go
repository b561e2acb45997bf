package items_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
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
	c := apitest.NewClient(t, base)
	c.Follow(anytime)
	older(c)
}

// TestOlderContract is the same on databases of its own that are not empty.
func TestOlderContract(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		h := apitest.NewHarness(t, db)
		h.Must(201, "POST", "/api/items", `{"name":"another's"}`)
		older(h.Client)
		h.Follow(anytime)
	})
}

// older makes the requests that clients of the earlier system rely on. Refused
// ones are in anytime.
func older(c *apitest.Client) {
	c.T.Helper()
	for _, name := range []string{"Sample", "Zoë 😀 日本語 <&> \\\"quoted\\\"", strings.Repeat("😀", 255)} {
		created := apitest.Decode[map[string]any](c.T, c.Must(201, "POST", "/api/items", `{"name":"`+name+`"}`).Body)
		path := fmt.Sprintf("/api/items/%.0f", created["id"])
		c.T.Cleanup(func() { c.Do("DELETE", path, "") })
		if want := strings.ReplaceAll(name, `\`, ""); created["name"] != want || created["created_at"] == nil || created["id"] == nil {
			c.T.Errorf("created %v, want a name, %.40s, an id and created_at", created, want)
		}
		detail := c.Must(200, "GET", path, "")
		if got := apitest.Decode[map[string]any](c.T, detail.Body); got["id"] != created["id"] || got["name"] != created["name"] || got["created_at"] != created["created_at"] {
			c.T.Errorf("%s is %v, and was created as %v", path, got, created)
		}
		if !listed(c, fmt.Sprintf(`{"id":%.0f,`, created["id"])) {
			c.T.Errorf("the list lacks %s", path)
		}
		if a := c.Must(200, "HEAD", path, ""); a.Body != "" || a.Header.Get("Etag") == "" {
			c.T.Errorf("HEAD %s: %+v", path, a)
		}
		c.Must(204, "DELETE", path, "")
		if a := c.Must(404, "GET", path, ""); !strings.Contains(a.Body, `"detail":"Item not found"`) {
			c.T.Errorf("GET %s, deleted: %s", path, a.Body)
		}
	}
	c.Must(404, "GET", "/api/items/9223372036854775807", "")
}

// listed looks for text among the newest items, and in the plain list as far
// as its first page goes.
func listed(c *apitest.Client, text string) bool {
	c.T.Helper()
	newest := c.Must(200, "GET", "/api/items?sort=-id", "").Body
	plain := c.Must(200, "GET", "/api/items", "")
	return strings.Contains(newest, text) && (strings.Contains(plain.Body, text) || plain.Link("next") != "")
}

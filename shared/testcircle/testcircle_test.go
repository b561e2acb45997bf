package testcircle

import "testing"

func TestNouns(t *testing.T) {
	t.Parallel()
	words := nouns([]string{"item"})
	for text, want := range map[string]bool{
		"an item": true, "items": true, "item_events": true, "itemOf(x)": true, "OfItem": true, "ItemsCreated": true, "/api/items": true,
		"FUALAB_ITEM_RETENTION_DAYS": true, "(item)": true, "item-7": true,
		"omitempty": false, "writeMembers": false, "commit_time": false, "itemize": false, "sitemap": false, "Itemize": false, "emits": false,
	} {
		if got := words.MatchString(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

func TestCircle(t *testing.T) {
	t.Parallel()
	c := Circles{Kit: []string{"worker/internal/task"}, Product: []string{"worker/internal/items", "worker/product.go"}}
	for name, want := range map[string]circle{
		"worker/internal/task/task.go": kit, "worker/internal/tasktest/tasktest.go": platform, "worker/worker.go": platform,
		"worker/product.go": product, "worker/internal/items": product, "worker/internal/items/text/text.go": product,
	} {
		if got := c.circle(name); got != want {
			t.Errorf("%s is of the %s, want %s", name, got, want)
		}
	}
}

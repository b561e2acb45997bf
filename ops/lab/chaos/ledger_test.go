//go:build linux

package main

import "testing"

// TestLedger compares stored items with the acknowledged ones.
func TestLedger(t *testing.T) {
	t.Parallel()
	written := func() *ledger {
		l := newLedger()
		for id, name := range []string{"", "described", "unsure"} {
			if name == "" {
				continue
			}
			l.ask(name)
			l.acknowledge(name, int64(id), "")
			l.describe(name, "new")
		}
		l.acknowledge("described", 1, "new")
		l.ask("unanswered")
		return l
	}
	described, unsure := item{ID: 1, Name: "described", Description: "new"}, item{ID: 2, Name: "unsure"}
	for name, tt := range map[string]struct {
		items                  []item
		lost, doubled, strange int
	}{
		"all is there":                   {items: []item{described, unsure}},
		"the unsure change was made":     {items: []item{described, {ID: 2, Name: "unsure", Description: "new"}}},
		"the unanswered write was made":  {items: []item{described, unsure, {ID: 3, Name: "unanswered"}}},
		"an acknowledged write is lost":  {items: []item{described}, lost: 1},
		"an acknowledged change is lost": {items: []item{{ID: 1, Name: "described"}, unsure}, lost: 1},
		"a write was made twice":         {items: []item{described, unsure, {ID: 3, Name: "unsure"}}, doubled: 1},
		"an unanswered one was, too":     {items: []item{described, unsure, {ID: 3, Name: "unanswered"}, {ID: 4, Name: "unanswered"}}, doubled: 1},
		"no client requested it":         {items: []item{described, unsure, {ID: 5, Name: "stranger"}}, strange: 1},
		"no client described it":         {items: []item{described, unsure, {ID: 3, Name: "unanswered", Description: "new"}}, strange: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lost, doubled, strange := written().compare(tt.items)
			if lost != tt.lost || doubled != tt.doubled || strange != tt.strange {
				t.Errorf("lost %d, doubled %d, strange %d; want %d, %d, %d", lost, doubled, strange, tt.lost, tt.doubled, tt.strange)
			}
		})
	}
}

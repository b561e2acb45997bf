package rest

import (
	"testing"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/errs"
)

// TestETagsOfAList proves that a match counts at any place, and that the rest
// is not read.
func TestETagsOfAList(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header      string
		none, match bool // for a record of version 2 with fields derived from version 1
	}{
		{`"2.1.a1"`, true, true},
		{`"2.1.a1", "1.0.a1"`, true, true},
		{`"1.0.a1", "2.1.a1"`, true, true},
		{`"1.0.a1","2.1.a1","3.0.a1"`, true, true},
		{`*`, true, true},
		{`*, "9.9.a1"`, true, true},
		{`W/"2.1.a1", "9.9.a1"`, true, false},
		{`"2.0.a1", "9.9.a1"`, false, true},
		{`"2", "9.9.a1"`, false, true},
		{`"1.0.a1", "3.0.a1"`, false, false},
		{`"22.1.a1"`, false, false},
		{`"2.1.b2"`, false, false}, // from another history
		{`"2.1"`, false, false},
		{`"2.1.a1.a1"`, false, false},
		{`, ,`, false, false},
	} {
		if got := NoneMatch(tt.header, `"2.1.a1"`); got != tt.none {
			t.Errorf("If-None-Match: %s: %t", tt.header, got)
		}
		if got := Match(tt.header, `"2.1.a1"`); got != tt.match {
			t.Errorf("If-Match: %s: %t", tt.header, got)
		}
		// A change is made if both preconditions hold.
		current := cache.Version{Epoch: "a1", Number: 2, Derived: 1}
		for _, c := range []struct {
			Conditions
			want bool
		}{
			{Conditions{IfMatch: tt.header}, tt.match},
			{Conditions{IfNoneMatch: tt.header}, !tt.none},
			{Conditions{tt.header, tt.header}, tt.match && !tt.none},
		} {
			err := c.ForChange("note", current)
			if (err == nil) != c.want || err != nil && !errs.Is(err, errs.PreconditionFailed) {
				t.Errorf("%+v: %v", c.Conditions, err)
			}
		}
	}
	if NoneMatch("", `"2.1.a1"`) || !Match("", `"2.1.a1"`) {
		t.Error("without a header, every change is allowed and nothing matches")
	}
}

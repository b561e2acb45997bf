package model_test

import (
	"testing"

	"github.com/fualab/fualab/shared/model"
)

func TestSearchKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ a, b string }{
		{"STRASSE", "straße"}, {"Ｆｕｌｌ", "full"}, {"É", "e\u0301"}, {"ΣΊΣΥΦΟΣ", "σίσυφος"}, {"ﬁn", "FIN"},
	} {
		if x, y := model.SearchKey(tt.a), model.SearchKey(tt.b); x != y {
			t.Errorf("%q and %q differ: %q, %q", tt.a, tt.b, x, y)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"a": true, " a ": true, "😀": true, "\u0301": true, "": false, " \u00a0\t\u200b": false, "\x00": false} {
		if got := model.Visible(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

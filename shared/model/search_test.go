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

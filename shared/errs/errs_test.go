package errs_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/fualab/fualab/shared/errs"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	missing := errs.Wrap(errs.NotFound, "Thing not found", io.EOF)
	for name, tt := range map[string]struct {
		err  error
		want errs.Kind
	}{
		"nil":          {nil, errs.Internal},
		"unclassified": {io.EOF, errs.Internal},
		"wrapped":      {fmt.Errorf("select thing 7: %w", missing), errs.NotFound},
		"outermost":    {errs.Wrap(errs.Unavailable, "later", missing), errs.Unavailable},
	} {
		if got := errs.KindOf(tt.err); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if !errors.Is(missing, io.EOF) {
		t.Error("the cause is lost")
	}
	if errs.Wrap(errs.Conflict, "x", nil) != nil {
		t.Error("Wrap(nil) is an error")
	}
	if errs.Is(io.EOF, errs.Internal) {
		t.Error("Is takes an unclassified error for one that was classified as internal")
	}
	if got := errs.InvalidFields(errs.Field{In: "body", Pointer: "/name", Message: "must not be empty"}).Error(); got != "The request breaks at least one rule; see errors. [body /name: must not be empty]" {
		t.Errorf("text %q", got)
	}
}

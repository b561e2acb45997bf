package httpapi

import (
	"fmt"
	"strings"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// etag is "<version>.<enriched version>": it changes with every change of
// the answer, the worker's included (RFC 9110, section 8.8.3).
func etag(i *model.Item) string {
	return fmt.Sprintf(`"%d.%d"`, i.Version, i.EnrichedVersion)
}

// noneMatch reports whether the client already has what current is the ETag
// of, by weak comparison.
func noneMatch(header, current string) bool {
	for tag := range tags(header) {
		if tag == "*" || strings.TrimPrefix(tag, "W/") == current {
			return true
		}
	}
	return false
}

// requireMatch returns a PreconditionFailed error unless header is empty or
// names the item's version. The enriched version does not count: what the
// worker derives cannot conflict with what a client changes.
func requireMatch(header string, item *model.Item) error {
	if header == "" {
		return nil
	}
	version := fmt.Sprintf(`"%d`, item.Version)
	for tag := range tags(header) {
		if tag == "*" || strings.HasPrefix(tag, version+".") || tag == version+`"` {
			return nil
		}
	}
	return errs.New(errs.PreconditionFailed, "The item has changed since you read it. Get it again, and repeat the change on what it is now.")
}

func tags(header string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for tag := range strings.SplitSeq(header, ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !yield(tag) {
				return
			}
		}
	}
}

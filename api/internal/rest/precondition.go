package rest

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/errs"
)

// ETag is "<number>.<derived>", followed by ".<epoch>" if there is one. It
// changes with every change of the response, including the worker's (RFC 9110,
// section 8.8.3). It also changes with the history of the database, in which
// the numbers count.
func ETag(v cache.Version) string {
	if v.Epoch == "" {
		return fmt.Sprintf(`"%d.%d"`, v.Number, v.Derived)
	}
	return fmt.Sprintf(`"%d.%d.%s"`, v.Number, v.Derived, v.Epoch)
}

// NoneMatch reports whether the client already has the response with the ETag
// current, by weak comparison.
func NoneMatch(header, current string) bool {
	for tag := range tags(header) {
		if tag == "*" || strings.TrimPrefix(tag, "W/") == current {
			return true
		}
	}
	return false
}

// Match reports whether header is empty, or names the version and the epoch of
// current. It ignores the derived number, because the worker's fields cannot
// conflict with a client's change. A version alone, as in lists, is valid in
// each epoch.
func Match(header, current string) bool {
	if header == "" {
		return true
	}
	version, epoch := partsOf(current)
	for tag := range tags(header) {
		if tag == "*" || tag == version+`"` {
			return true
		}
		if v, e := partsOf(tag); v == version && e == epoch {
			return true
		}
	}
	return false
}

// partsOf returns the version, with the quote before it, and the epoch of an
// ETag. The epoch is "" in the first history.
func partsOf(tag string) (version, epoch string) {
	parts := strings.Split(strings.TrimSuffix(tag, `"`), ".")
	switch len(parts) {
	case 2:
		return parts[0], ""
	case 3:
		return parts[0], parts[2]
	default:
		return "", "?"
	}
}

// Conditions are the preconditions of a request: its headers If-Match and
// If-None-Match (RFC 9110, section 13.1).
type Conditions struct{ IfMatch, IfNoneMatch string }

// ForChange returns an errs.PreconditionFailed error unless the record noun,
// such as a note, may be changed at its current version.
func (c Conditions) ForChange(noun string, current cache.Version) error {
	tag := ETag(current)
	if !Match(c.IfMatch, tag) || NoneMatch(c.IfNoneMatch, tag) {
		return errs.Changed(noun)
	}
	return nil
}

// Preconditions are the middleware of operations on one record, with its id in
// the path. They refuse a change by its preconditions before the body is read.
// The handler checks again, in the transaction of the change.
func Preconditions(noun string, log *slog.Logger, current func(ctx context.Context, id int64) (cache.Version, error)) huma.Middlewares {
	return huma.Middlewares{preconditions{noun, log, current}.check}
}

type preconditions struct {
	noun    string
	log     *slog.Logger
	current func(ctx context.Context, id int64) (cache.Version, error)
}

func (p preconditions) check(c huma.Context, next func(huma.Context)) {
	r, w := humamux.Unwrap(c)
	wanted := Conditions{r.Header.Get("If-Match"), r.Header.Get("If-None-Match")}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if wanted == (Conditions{}) || err != nil {
		next(c)
		return
	}
	version, err := p.current(c.Context(), id)
	if err == nil {
		err = wanted.ForChange(p.noun, version)
	}
	if errs.Is(err, errs.PreconditionFailed) {
		WriteError(w, r, p.log, err)
		return
	}
	next(c)
}

// tags yields the members of a list of ETags.
func tags(header string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for tag := range strings.SplitSeq(header, ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !yield(tag) {
				return
			}
		}
	}
}

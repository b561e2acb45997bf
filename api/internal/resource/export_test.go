package resource

import (
	"net/url"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// EncodeRow encodes a row as responses do.
func (r *Resource[T]) EncodeRow(row *T) []byte {
	return r.d.appendRow(nil, reflect.ValueOf(row).Elem())
}

// Describe adds the entity's components to schemas.
func (r *Resource[T]) Describe(schemas huma.Registry) { r.d.describe(schemas) }

// Patch applies a merge patch to row, and returns how many faults it has.
func (r *Resource[T]) Patch(body []byte, row *T) int {
	v := reflect.ValueOf(row).Elem()
	if faults := r.d.decodePatch(body, v); len(faults) > 0 {
		return len(faults)
	}
	return len(r.d.check(v, "", nil))
}

// Query returns the sort and the filters that a list reads of a query.
func (r *Resource[T]) Query(query url.Values) (url.Values, error) {
	l, err := r.d.parse(huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer), r.d.listParameters(), query)
	if err != nil {
		return nil, err
	}
	return l.canonical(), nil
}

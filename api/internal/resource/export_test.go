package resource

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// EncodeRow encodes a row as responses do.
func (r *Resource[T]) EncodeRow(row *T) []byte {
	return r.d.appendRow(nil, reflect.ValueOf(row).Elem())
}

// Describe adds the entity's components to schemas.
func (r *Resource[T]) Describe(schemas huma.Registry) { r.d.describe(schemas) }

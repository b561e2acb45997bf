package httpapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// optional tells an absent member from null and from a value.
type optional[T any] struct {
	sent, null bool
	value      T
}

// UnmarshalJSON is only called for a member that is there.
func (o *optional[T]) UnmarshalJSON(raw []byte) error {
	o.sent = true
	if string(raw) == "null" {
		o.null = true
		return nil
	}
	return json.Unmarshal(raw, &o.value)
}

// Schema implements huma.SchemaProvider: T or null.
func (o optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := huma.SchemaFromType(r, reflect.TypeFor[T]())
	s.Nullable = true
	return s
}

// assign sets a member of a merge patch: absent, it leaves target as it is;
// null stands for fallback.
func (o optional[T]) assign(target *T, fallback T) {
	switch {
	case o.null:
		*target = fallback
	case o.sent:
		*target = o.value
	}
}

// nullable is an object or null, which huma has no tag for.
type nullable[T any] struct{ value *T }

// MarshalJSON returns the object itself.
func (n nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.value) }

// Schema implements huma.SchemaProvider: T or null.
func (nullable[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

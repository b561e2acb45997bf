package rest

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional distinguishes an absent member from null and from a value.
type Optional[T any] struct {
	Sent, Null bool
	Value      T
}

// UnmarshalJSON is only called for a present member.
func (o *Optional[T]) UnmarshalJSON(raw []byte) error {
	o.Sent = true
	if string(raw) == "null" {
		o.Null = true
		return nil
	}
	return json.Unmarshal(raw, &o.Value)
}

// Schema implements huma.SchemaProvider: T or null.
func (o Optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := huma.SchemaFromType(r, reflect.TypeFor[T]())
	s.Nullable = true
	return s
}

// Assign applies a member of a merge patch: an absent one does not change
// target, and null sets fallback.
func (o Optional[T]) Assign(target *T, fallback T) {
	switch {
	case o.Null:
		*target = fallback
	case o.Sent:
		*target = o.Value
	}
}

// Nullable is an object or null. huma has no tag for it.
type Nullable[T any] struct{ Value *T }

// MarshalJSON returns the object itself.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }

// Schema implements huma.SchemaProvider: T or null.
func (Nullable[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

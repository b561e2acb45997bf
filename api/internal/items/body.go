package items

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

// itemBody is an item as a client sees it.
type itemBody struct {
	ID          int64       `json:"id" example:"1"`
	Name        string      `json:"name" example:"Sample"`
	Description string      `json:"description"`
	Attributes  object      `json:"attributes" doc:"Free-form JSON, with its keys sorted and its numbers exact."`
	Status      string      `json:"status" enum:"active,expired"`
	ExpiresAt   *model.Time `json:"expires_at" format:"date-time" nullable:"true"`
	Slug        *string     `json:"slug" nullable:"true" doc:"URL-safe form of the name; the worker sets it, like the next two."`
	Fingerprint *string     `json:"fingerprint" nullable:"true" doc:"Equal for names that differ only in case, white space or Unicode form."`
	DuplicateOf *int64      `json:"duplicate_of" nullable:"true" doc:"The oldest item with the same fingerprint."`
	Version     int64       `json:"version" doc:"Counts the item's changes."`
	Enriched    bool        `json:"enriched" doc:"Whether the worker's fields belong to this version."`
	CreatedAt   model.Time  `json:"created_at" format:"date-time"`
	UpdatedAt   model.Time  `json:"updated_at" format:"date-time"`
	ExternalID  *string     `json:"external_id" nullable:"true" doc:"The id that the item has elsewhere. No other item has it that is not deleted."`
}

// itemBodyOf is the one conversion from the model.
func itemBodyOf(i *items.Item) itemBody {
	return itemBody{
		ID: i.ID, Name: i.Name, Description: i.Description, Attributes: object(i.Attributes),
		Status: string(i.Status), ExpiresAt: i.ExpiresAt,
		Slug: i.Slug, Fingerprint: i.Fingerprint, DuplicateOf: i.DuplicateOf,
		Version: i.Version, Enriched: i.EnrichedVersion >= i.Version,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, ExternalID: i.ExternalID,
	}
}

func itemBodies(items []*items.Item) []itemBody {
	bodies := make([]itemBody, len(items))
	for i, item := range items {
		bodies[i] = itemBodyOf(item)
	}
	return bodies
}

func itemOutputOf(status int, i *items.Item, epoch string) (*itemOutput, error) {
	entry, err := entryOf(i, epoch)
	return itemOutputOfEntry(status, entry), err
}

func itemOutputOfEntry(status int, e *cache.Entry) *itemOutput {
	return &itemOutput{Status: status, ETag: e.ETag, Body: encodedItem{rest.Encoded{JSON: e.Body}}}
}

// encodedItem is an itemBody, encodedItems a list of them; their schemas say so.
type (
	encodedItem  struct{ rest.Encoded }
	encodedItems struct{ rest.Encoded }
)

// Schema implements huma.SchemaProvider.
func (encodedItem) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[itemBody](), true, "")
}

// Schema implements huma.SchemaProvider.
func (encodedItems) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[[]itemBody](), true, "")
}

// entryOf encodes an item once for all who get it.
func entryOf(i *items.Item, epoch string) (*cache.Entry, error) {
	body, err := rest.Encode(itemBodyOf(i))
	version := versionOf(i, epoch)
	return &cache.Entry{Body: body, ETag: rest.ETag(version), Version: version}, err
}

// versionOf is an item's version. The worker derives fields: it enriches.
func versionOf(i *items.Item, epoch string) cache.Version {
	return cache.Version{Epoch: epoch, Number: i.Version, Derived: i.EnrichedVersion}
}

// itemCreate is what a client sends to create an item.
type itemCreate struct {
	Name        string                `json:"name" minLength:"1" maxLength:"255" example:"Sample" doc:"Length in characters (Unicode code points)."`
	Description *string               `json:"description,omitempty" maxLength:"10000" nullable:"true"`
	Attributes  rest.Optional[object] `json:"attributes,omitempty" doc:"Free-form JSON: at most 64 KiB, 32 levels deep."`
	ExpiresAt   *string               `json:"expires_at,omitempty" format:"date-time" nullable:"true" doc:"From then on the item is expired; the worker sees it within a minute."`
	ExternalID  *string               `json:"external_id,omitempty" minLength:"1" maxLength:"255" nullable:"true" doc:"The id that the item has elsewhere. 409 if another item that is not deleted has it."`
}

// fields converts c, and lists what is wrong with it below base.
func (c *itemCreate) fields(base string) (items.Fields, []errs.Field) {
	f := items.Fields{Name: c.Name, Attributes: model.NoAttributes, ExternalID: c.ExternalID}
	if c.Description != nil {
		f.Description = *c.Description
	}
	var faults []errs.Field
	if c.ExpiresAt != nil {
		f.ExpiresAt, faults = expiry(*c.ExpiresAt, base)
	}
	faults = append(faults, f.Validate(base)...)
	if c.Attributes.Sent && !c.Attributes.Null {
		attributes, err := model.ParseAttributes([]byte(c.Attributes.Value))
		if err != nil {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/attributes", Message: err.Error()})
		}
		f.Attributes = attributes
	}
	return f, faults
}

// itemPatch is a JSON Merge Patch of an item.
type itemPatch struct {
	Name        rest.Optional[string] `json:"name,omitempty" minLength:"1" maxLength:"255" nullable:"false" doc:"Cannot be taken away."`
	Description rest.Optional[string] `json:"description,omitempty" maxLength:"10000"`
	Attributes  rest.Optional[object] `json:"attributes,omitempty" doc:"Merged into the item's: a member that is null is removed."`
	ExpiresAt   rest.Optional[string] `json:"expires_at,omitempty" format:"date-time" doc:"A time that is still to come makes an expired item active."`
	ExternalID  rest.Optional[string] `json:"external_id,omitempty" minLength:"1" maxLength:"255" doc:"Null takes it away. 409 if another item has it."`
}

// apply returns f with the patch applied, or an Invalid error.
func (p *itemPatch) apply(f items.Fields) (items.Fields, error) {
	var faults []errs.Field
	if p.Name.Sent {
		f.Name = p.Name.Value // null leaves it empty, which Validate refuses
	}
	if p.Description.Sent {
		f.Description = p.Description.Value
	}
	if p.ExternalID.Null {
		f.ExternalID = nil
	} else if p.ExternalID.Sent {
		f.ExternalID = &p.ExternalID.Value
	}
	if p.ExpiresAt.Null {
		f.ExpiresAt = nil
	} else if p.ExpiresAt.Sent {
		var wrong []errs.Field
		f.ExpiresAt, wrong = expiry(p.ExpiresAt.Value, "")
		faults = append(faults, wrong...)
	}
	if p.Attributes.Null {
		f.Attributes = model.NoAttributes
	} else if p.Attributes.Sent {
		merged, err := f.Attributes.Merge([]byte(p.Attributes.Value))
		if err != nil {
			faults = append(faults, errs.Field{In: "body", Pointer: "/attributes", Message: err.Error()})
		}
		f.Attributes = merged
	}
	if faults = append(faults, f.Validate("")...); len(faults) > 0 {
		return f, errs.InvalidFields(faults...)
	}
	return f, nil
}

// expiry reads expires_at, and lists what is wrong with it below base.
func expiry(text, base string) (*model.Time, []errs.Field) {
	at := new(model.Time)
	if err := at.UnmarshalText([]byte(text)); err != nil {
		return nil, []errs.Field{{In: "body", Pointer: base + "/expires_at", Message: err.Error()}}
	}
	return at, nil
}

// object is a JSON object as it was written.
type object string

// Schema implements huma.SchemaProvider.
func (object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// MarshalJSON returns the object itself.
func (o object) MarshalJSON() ([]byte, error) { return []byte(o), nil }

// UnmarshalJSON keeps the text.
func (o *object) UnmarshalJSON(raw []byte) error {
	*o = object(raw)
	return nil
}

package httpapi

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/errs"
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
func itemBodyOf(i *model.Item) itemBody {
	return itemBody{
		ID: i.ID, Name: i.Name, Description: i.Description, Attributes: object(i.Attributes),
		Status: string(i.Status), ExpiresAt: i.ExpiresAt,
		Slug: i.Slug, Fingerprint: i.Fingerprint, DuplicateOf: i.DuplicateOf,
		Version: i.Version, Enriched: i.EnrichedVersion >= i.Version,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, ExternalID: i.ExternalID,
	}
}

func itemBodies(items []*model.Item) []itemBody {
	bodies := make([]itemBody, len(items))
	for i, item := range items {
		bodies[i] = itemBodyOf(item)
	}
	return bodies
}

func itemOutputOf(status int, i *model.Item) (*itemOutput, error) {
	entry, err := entryOf(i)
	return itemOutputOfEntry(status, entry), err
}

func itemOutputOfEntry(status int, e *cache.Entry) *itemOutput {
	return &itemOutput{Status: status, ETag: e.ETag, Body: encodedItem{encoded{e.Body}}}
}

// itemCreate is what a client sends to create an item.
type itemCreate struct {
	Name        string           `json:"name" minLength:"1" maxLength:"255" example:"Sample" doc:"Length in characters (Unicode code points)."`
	Description *string          `json:"description,omitempty" maxLength:"10000" nullable:"true"`
	Attributes  optional[object] `json:"attributes,omitempty" doc:"Free-form JSON: at most 64 KiB, 32 levels deep."`
	ExpiresAt   *time.Time       `json:"expires_at,omitempty" nullable:"true" doc:"From then on the item is expired; the worker sees it within a minute."`
	ExternalID  *string          `json:"external_id,omitempty" minLength:"1" maxLength:"255" nullable:"true" doc:"The id that the item has elsewhere. 409 if another item that is not deleted has it."`
}

// fields converts c, and lists what is wrong with it below base.
func (c *itemCreate) fields(base string) (model.ItemFields, []errs.Field) {
	f := model.ItemFields{Name: c.Name, Attributes: model.NoAttributes, ExternalID: c.ExternalID}
	if c.Description != nil {
		f.Description = *c.Description
	}
	if c.ExpiresAt != nil {
		t := model.NewTime(*c.ExpiresAt)
		f.ExpiresAt = &t
	}
	faults := f.Validate(base)
	if c.Attributes.sent && !c.Attributes.null {
		attributes, err := model.ParseAttributes([]byte(c.Attributes.value))
		if err != nil {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/attributes", Message: err.Error()})
		}
		f.Attributes = attributes
	}
	return f, faults
}

// itemPatch is a JSON Merge Patch of an item.
type itemPatch struct {
	Name        optional[string]    `json:"name,omitempty" minLength:"1" maxLength:"255" nullable:"false" doc:"Cannot be taken away."`
	Description optional[string]    `json:"description,omitempty" maxLength:"10000"`
	Attributes  optional[object]    `json:"attributes,omitempty" doc:"Merged into the item's: a member that is null is removed."`
	ExpiresAt   optional[time.Time] `json:"expires_at,omitempty" doc:"A time that is still to come makes an expired item active."`
	ExternalID  optional[string]    `json:"external_id,omitempty" minLength:"1" maxLength:"255" doc:"Null takes it away. 409 if another item has it."`
}

// apply returns f with the patch applied, or an Invalid error.
func (p *itemPatch) apply(f model.ItemFields) (model.ItemFields, error) {
	var faults []errs.Field
	if p.Name.sent {
		f.Name = p.Name.value // null leaves it empty, which Validate refuses
	}
	if p.Description.sent {
		f.Description = p.Description.value
	}
	if p.ExternalID.null {
		f.ExternalID = nil
	} else if p.ExternalID.sent {
		f.ExternalID = &p.ExternalID.value
	}
	if p.ExpiresAt.null {
		f.ExpiresAt = nil
	} else if p.ExpiresAt.sent {
		t := model.NewTime(p.ExpiresAt.value)
		f.ExpiresAt = &t
	}
	if p.Attributes.null {
		f.Attributes = model.NoAttributes
	} else if p.Attributes.sent {
		merged, err := f.Attributes.Merge([]byte(p.Attributes.value))
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

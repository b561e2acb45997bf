package items

import (
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

// Item is an item, as a client sees it and as the database stores it. The worker derives slug, fingerprint and
// duplicate_of, and expires it.
type Item struct {
	resource.Row
	Status          items.Status     `json:"status" enum:"active,expired" default:"active" row:"derived" list:"filter"`
	ExpiresAt       *model.Time      `json:"expires_at" createDoc:"From then on the item is expired; the worker sees it within a minute." patchDoc:"A time that is still to come makes an expired item active."`
	Name            string           `json:"name" minLength:"1" maxLength:"255" example:"Sample" row:"visible" list:"sort,search" createDoc:"Length in characters (Unicode code points)." patchDoc:"Cannot be taken away."`
	Description     string           `json:"description" default:"" maxLength:"10000" list:"search"`
	ExternalID      *string          `json:"external_id" minLength:"1" maxLength:"255" row:"unique" list:"filter" doc:"The id that the item has elsewhere. No other item has it that is not deleted." createDoc:"The id that the item has elsewhere. 409 if another item that is not deleted has it." patchDoc:"Null takes it away. 409 if another item has it."`
	Attributes      model.Attributes `json:"attributes" doc:"Free-form JSON, with its keys sorted and its numbers exact." createDoc:"Free-form JSON: at most 64 KiB, 32 levels deep." patchDoc:"Merged into the item's: a member that is null is removed."`
	Slug            *string          `json:"slug" row:"derived" doc:"URL-safe form of the name; the worker sets it, like the next two."`
	Fingerprint     *string          `json:"fingerprint" row:"derived" doc:"Equal for names that differ only in case, white space or Unicode form."`
	DuplicateOf     *int64           `json:"duplicate_of" minimum:"1" row:"derived" list:"filter" doc:"The oldest item with the same fingerprint."`
	Enriched        bool             `json:"enriched" row:"computed" doc:"Whether the worker's fields belong to this version."`
	EnrichedVersion int64            `json:"-" column:"enriched_version" row:"derived,revision"`
}

// options declare items. A client relies on the order of the members and of the columns of a file.
var options = resource.Options{
	Name: "item", Plural: "items", Label: "name", Nudge: items.EnrichTask,
	Members: []string{
		"id", "name", "description", "attributes", "status", "expires_at", "slug", "fingerprint", "duplicate_of", "version", "enriched",
		"created_at", "updated_at", "external_id",
	},
	File: []string{items.ExternalIDColumn, "name", "description", "attributes", "expires_at"},
	Docs: map[string]string{
		"sort":         "The order; - is descending. Names sort by code point.",
		"duplicate_of": "Only duplicates of the item with this id; see duplicate_of.",
		"delete":       "It can be restored until the worker purges it, after 30 days unless configured otherwise.",
		"export": "As CSV or NDJSON, one item a line, by id and as they all were at one moment, however long the transfer takes. `POST /api/imports` reads it back to the same items, " +
			"with ids of their own. The columns are external_id, name, description, attributes (JSON), expires_at and created_at. In CSV a cell that a spreadsheet would compute, " +
			"one that begins with =, +, -, @, a tab or a line break, stands behind an apostrophe, which an import takes away again. " +
			"An answer that breaks off is not whole: its transfer ends with an error.",
	},
}

// Resource returns the declaration of items, at /api/items. Files are imported at /api/imports, by the worker.
func Resource() *resource.Resource[Item] {
	return resource.New[Item](options).
		Prepare(prepare).
		Complete(func(i *Item) { i.Enriched = i.EnrichedVersion >= i.Version }).
		Replace(resource.Import, nil)
}

// prepare has an item begin active, and an expired one be active again if a client takes its expiry away or moves it past
// now. The fingerprint of a deleted one goes when it is restored: it is back among its duplicates only when the worker,
// which then looks at the others, has put it there.
func prepare(old, i *Item, now model.Time) {
	switch {
	case old == nil:
		i.Status = items.Active
	case old.DeletedAt != nil:
		i.Fingerprint = nil
	case i.DeletedAt == nil && (i.ExpiresAt == nil || i.ExpiresAt.Std().After(now.Std())):
		i.Status = items.Active
	}
}

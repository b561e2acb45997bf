// Package items has the parts of items, the sample product, that the API and
// the worker share: the record and its rules, its files, its events and its
// tasks.
package items

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// Limits of an item's texts, in characters (Unicode code points).
const (
	MaxName        = 255
	MaxDescription = 10_000
	MaxExternalID  = 255
)

// Status is a step in the life of an item.
type Status string

// The statuses.
const (
	Active  Status = "active"
	Expired Status = "expired" // expires_at has passed and the worker has processed it
)

// Item is a named record. Its row is also its outbox: it needs enrichment while
// EnrichedVersion < Version.
type Item struct {
	bun.BaseModel `bun:"table:items"`

	ID              int64 `bun:",pk,autoincrement"`
	Name            string
	Description     string
	Attributes      model.Attributes `bun:"type:jsonb"`
	Status          Status
	ExpiresAt       *model.Time
	Slug            *string // set by the worker, like the next two
	Fingerprint     *string
	DuplicateOf     *int64
	Version         int64 // counts changes; see ETag
	EnrichedVersion int64
	SearchText      string // the text that q searches: SearchKey of name and description
	CreatedAt       model.Time
	UpdatedAt       model.Time
	DeletedAt       *model.Time
	ExternalID      *string // unique among items that are not deleted
	CreatedBy       *string // the caller, as the log names it; nil for unknown
	UpdatedBy       *string // the caller of the last change by a client, in the same form
}

// Fields are the fields that a client sets.
type Fields struct {
	Name        string
	Description string
	Attributes  model.Attributes
	ExpiresAt   *model.Time
	ExternalID  *string
}

// Validate returns the faults of f, at JSON Pointers below base ("" for an item
// that is the whole body).
func (f Fields) Validate(base string) []errs.Field {
	var faults []errs.Field
	fault := func(field, format string, args ...any) {
		faults = append(faults, errs.Field{In: "body", Pointer: base + "/" + field, Message: fmt.Sprintf(format, args...)})
	}
	switch n := utf8.RuneCountInString(f.Name); {
	case n == 0:
		fault("name", "must not be empty")
	case n > MaxName:
		fault("name", "must be at most %d characters", MaxName)
	case !model.Visible(f.Name):
		fault("name", "must contain a visible character")
	}
	if utf8.RuneCountInString(f.Description) > MaxDescription {
		fault("description", "must be at most %d characters", MaxDescription)
	}
	if strings.ContainsRune(f.Name, 0) {
		fault("name", "must not contain the NUL character")
	}
	if strings.ContainsRune(f.Description, 0) {
		fault("description", "must not contain the NUL character")
	}
	if f.ExternalID != nil {
		switch n := utf8.RuneCountInString(*f.ExternalID); {
		case n == 0:
			fault("external_id", "must not be empty; send null, or omit the field, for none")
		case n > MaxExternalID:
			fault("external_id", "must be at most %d characters", MaxExternalID)
		case strings.ContainsRune(*f.ExternalID, 0):
			fault("external_id", "must not contain the NUL character")
		}
	}
	if f.ExpiresAt != nil && !f.ExpiresAt.Representable() {
		fault("expires_at", model.YearsExpected)
	}
	return faults
}

// New returns an item with fields f, created at now. It does not validate them.
func New(f Fields, now model.Time) *Item {
	item := &Item{Status: Active, Version: 1, CreatedAt: now, UpdatedAt: now}
	item.set(f)
	return item
}

// Change sets the fields of i to f at now, as its next version. An expired item
// becomes active again if its expiry is removed or moved past now.
func (i *Item) Change(f Fields, now model.Time) {
	i.set(f)
	if i.ExpiresAt == nil || i.ExpiresAt.Std().After(now.Std()) {
		i.Status = Active
	}
	i.Version++
	i.UpdatedAt = now
}

// Fields returns the fields of i that the client sets.
func (i *Item) Fields() Fields {
	return Fields{Name: i.Name, Description: i.Description, Attributes: i.Attributes, ExpiresAt: i.ExpiresAt, ExternalID: i.ExternalID}
}

func (i *Item) set(f Fields) {
	i.Name, i.Description, i.Attributes, i.ExpiresAt = f.Name, f.Description, f.Attributes, f.ExpiresAt
	i.ExternalID = f.ExternalID
	i.SearchText = model.SearchKey(f.Name + "\n" + f.Description)
}

// DayStats counts the changes of items on one UTC day.
type DayStats struct {
	bun.BaseModel `bun:"table:item_stats"`

	Day       string `bun:",pk"` // 2006-01-02
	Created   int64
	Updated   int64
	Expired   int64
	Deleted   int64
	Restored  int64
	UpdatedAt model.Time
}

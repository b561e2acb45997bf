package items

import (
	"context"
	"fmt"
	"maps"

	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/rowfile"
)

// plan is the plan for the rows of a batch.
type plan struct {
	inserted, updated   []*items.Item
	unchanged, rejected int64
	faults              []imports.Error // of rejected rows, up to the number of stored faults
}

// existing is the data with which rows are compared.
type existing struct {
	lines map[string]int64       // the first line of each external id in the file
	items map[string]*items.Item // the existing items, by their external ids
}

// lookUp looks up the external ids of rows, in the file and among items. With
// skipLookup, it skips the lookup: if an id exists, the insertion fails.
func lookUp(ctx context.Context, tx importTx, i *imports.Import, rows []importRow, skipLookup bool) (existing, error) {
	if skipLookup {
		return existing{}, nil
	}
	k := existing{lines: make(map[string]int64, len(rows))}
	var ids []string
	for _, row := range rows {
		if id := row.ExternalID; id != nil && storable(*id) {
			if _, twice := k.lines[*id]; !twice {
				k.lines[*id] = row.Line
				ids = append(ids, *id)
			}
		}
	}
	earlier, err := tx.claim(ctx, k.lines)
	if err != nil {
		return k, err
	}
	maps.Copy(k.lines, earlier)
	if i.Mode == imports.Insert {
		k.items, err = tx.taken(ctx, ids)
	} else {
		k.items, err = tx.itemsBy(ctx, ids)
	}
	return k, err
}

// planRows decides which rows are new items, which rows change an item, and
// which rows are rejected. It has the same result in both phases, unless items
// change between them.
func planRows(i *imports.Import, rows []importRow, k existing) *plan {
	s := new(plan)
	for _, row := range rows {
		s.add(i, row, k)
	}
	return s
}

// storable omits values that no item can have as its external id. The row has a
// fault for them, and Postgres would refuse to compare them.
func storable(id string) bool {
	return len((items.Fields{Name: "x", ExternalID: &id}).Validate("")) == 0
}

// add decides on one row.
func (s *plan) add(i *imports.Import, row importRow, k existing) {
	var item *items.Item // the existing item with its external id
	first := row.Line
	if row.ExternalID != nil {
		item = k.items[*row.ExternalID]
		if line, ok := k.lines[*row.ExternalID]; ok {
			first = line
		}
	}
	var base items.Fields
	fields, faults := row.fields, row.faults
	if item != nil && i.Mode == imports.Upsert {
		base = item.Fields()
		fields, faults = row.Apply(base)
	}
	switch {
	case len(faults) > 0:
	case first != row.Line:
		faults = append(faults, rowfile.Fault{Column: items.ExternalIDColumn, Reason: fmt.Sprintf("repeats the external id of line %d", first)})
	case item != nil && i.Mode == imports.Insert:
		faults = append(faults, rowfile.Fault{Column: items.ExternalIDColumn, Reason: "is the external id of an existing item; mode=upsert would change that item"})
	}
	switch {
	case len(faults) > 0:
		s.reject(i, row, faults)
	case item == nil:
		s.inserted = append(s.inserted, row.created(i))
	case same(base, fields):
		s.unchanged++
	default:
		item.Change(fields, i.UpdatedAt)
		item.UpdatedBy = i.CreatedBy
		s.updated = append(s.updated, item)
	}
}

// created returns the row's item with its times and the creator of the import,
// or nil if none was built.
func (r importRow) created(i *imports.Import) *items.Item {
	if r.item == nil {
		return nil
	}
	r.item.CreatedAt, r.item.UpdatedAt = i.UpdatedAt, i.UpdatedAt
	r.item.CreatedBy, r.item.UpdatedBy = i.CreatedBy, i.CreatedBy
	if r.CreatedAt != nil {
		r.item.CreatedAt = *r.CreatedAt
	}
	return r.item
}

func (s *plan) reject(i *imports.Import, row importRow, faults []rowfile.Fault) {
	s.rejected++
	for _, f := range faults {
		if i.Faults >= imports.MostErrors {
			return
		}
		i.Faults++
		s.faults = append(s.faults, imports.Error{ImportID: i.ID, Position: i.Faults, Line: row.Line, Field: f.Column, Reason: f.Reason})
	}
}

func same(a, b items.Fields) bool {
	if (a.ExpiresAt == nil) != (b.ExpiresAt == nil) || a.ExpiresAt != nil && *a.ExpiresAt != *b.ExpiresAt {
		return false
	}
	return a.Name == b.Name && a.Description == b.Description && a.Attributes == b.Attributes
}

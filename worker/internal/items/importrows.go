package items

import (
	"context"
	"fmt"
	"maps"

	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/rowfile"
)

// sorted is what becomes of the rows of a batch.
type sorted struct {
	inserted, updated   []*items.Item
	unchanged, rejected int64
	faults              []imports.Error // of those rejected, as many as are kept
}

// known is what a row is compared to.
type known struct {
	lines map[string]int64       // where in the file each external id stands first
	items map[string]*items.Item // that are there, by their external ids
}

// learn looks for the external ids of rows in the file and among items. sure says
// that none of them can be there, or the insertion fails.
func learn(ctx context.Context, tx importTx, i *imports.Import, rows []importRow, sure bool) (known, error) {
	if sure {
		return known{}, nil
	}
	k := known{lines: make(map[string]int64, len(rows))}
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

// sortRows tells which rows are new items, which change one, and which are
// rejected. It comes to the same in both phases, unless items change between
// them.
func sortRows(i *imports.Import, rows []importRow, k known) *sorted {
	s := new(sorted)
	for _, row := range rows {
		s.sort(i, row, k)
	}
	return s
}

// storable leaves out what no item can have as its external id, of which the row
// says so, and which Postgres would refuse to compare.
func storable(id string) bool {
	return len((items.Fields{Name: "x", ExternalID: &id}).Validate("")) == 0
}

// sort finds out about one row.
func (s *sorted) sort(i *imports.Import, row importRow, k known) {
	var item *items.Item // has its external id already
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
		faults = append(faults, rowfile.Fault{Column: items.ExternalIDColumn, Reason: fmt.Sprintf("is that of line %d", first)})
	case item != nil && i.Mode == imports.Insert:
		faults = append(faults, rowfile.Fault{Column: items.ExternalIDColumn, Reason: "is that of an item which is there already; mode=upsert would change it"})
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
// nil where none is wanted.
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

func (s *sorted) reject(i *imports.Import, row importRow, faults []rowfile.Fault) {
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

package tasks

import (
	"context"
	"fmt"
	"maps"

	"github.com/fualab/fualab/shared/itemfile"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/store"
)

// sorted is what becomes of the rows of a batch.
type sorted struct {
	inserted, updated   []*model.Item
	unchanged, rejected int64
	faults              []model.ImportError // of those rejected, as many as are kept
}

// known is what a row is compared to.
type known struct {
	lines map[string]int64       // where in the file each external id stands first
	items map[string]*model.Item // that are there, by their external ids
}

// learn looks for the external ids of rows in the file and among items. sure says
// that none of them can be there, or the insertion fails.
func learn(ctx context.Context, tx store.ImportTx, rows []importRow, sure bool) (known, error) {
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
	earlier, err := tx.Claim(ctx, k.lines)
	if err != nil {
		return k, err
	}
	maps.Copy(k.lines, earlier)
	k.items, err = tx.ItemsBy(ctx, ids)
	return k, err
}

// sortRows tells which rows are new items, which change one, and which are
// rejected. It comes to the same in both phases, unless items change between
// them.
func sortRows(i *model.Import, rows []importRow, k known) *sorted {
	s := new(sorted)
	for _, row := range rows {
		s.sort(i, row, k)
	}
	return s
}

// storable leaves out what no item can have as its external id, of which the row
// says so, and which Postgres would refuse to compare.
func storable(id string) bool {
	return len((model.ItemFields{Name: "x", ExternalID: &id}).Validate("")) == 0
}

// sort finds out about one row.
func (s *sorted) sort(i *model.Import, row importRow, k known) {
	var item *model.Item // has its external id already
	first := row.Line
	if row.ExternalID != nil {
		item = k.items[*row.ExternalID]
		if line, ok := k.lines[*row.ExternalID]; ok {
			first = line
		}
	}
	var base model.ItemFields
	fields, faults := row.fields, row.faults
	if item != nil && i.Mode == model.ImportUpsert {
		base = item.Fields()
		fields, faults = row.Apply(base)
	}
	switch {
	case len(faults) > 0:
	case first != row.Line:
		faults = append(faults, itemfile.Fault{Column: itemfile.ExternalID, Reason: fmt.Sprintf("is that of line %d", first)})
	case item != nil && i.Mode == model.ImportInsert:
		faults = append(faults, itemfile.Fault{Column: itemfile.ExternalID, Reason: "is that of an item which is there already; mode=upsert would change it"})
	}
	switch {
	case len(faults) > 0:
		s.reject(i, row, faults)
	case item == nil:
		s.inserted = append(s.inserted, row.created(i.UpdatedAt))
	case same(base, fields):
		s.unchanged++
	default:
		item.Change(fields, i.UpdatedAt)
		s.updated = append(s.updated, item)
	}
}

// created returns the row's item with its times, nil where none is wanted.
func (r importRow) created(now model.Time) *model.Item {
	if r.item == nil {
		return nil
	}
	r.item.CreatedAt, r.item.UpdatedAt = now, now
	if r.CreatedAt != nil {
		r.item.CreatedAt = *r.CreatedAt
	}
	return r.item
}

func (s *sorted) reject(i *model.Import, row importRow, faults []itemfile.Fault) {
	s.rejected++
	for _, f := range faults {
		if i.Faults >= model.MostImportErrors {
			return
		}
		i.Faults++
		s.faults = append(s.faults, model.ImportError{ImportID: i.ID, Position: i.Faults, Line: row.Line, Field: f.Column, Reason: f.Reason})
	}
}

func same(a, b model.ItemFields) bool {
	if (a.ExpiresAt == nil) != (b.ExpiresAt == nil) || a.ExpiresAt != nil && *a.ExpiresAt != *b.ExpiresAt {
		return false
	}
	return a.Name == b.Name && a.Description == b.Description && a.Attributes == b.Attributes
}

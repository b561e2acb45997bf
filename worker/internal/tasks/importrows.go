package tasks

import (
	"context"
	"fmt"

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

// sortRows tells which rows are new items, which change one, and which are
// rejected. It comes to the same in both phases, unless items change between
// them.
func sortRows(ctx context.Context, tx store.ImportTx, i *model.Import, rows []*itemfile.Row) (*sorted, error) {
	lines := make(map[string]int64, len(rows))
	var ids []string
	for _, row := range rows {
		if id := row.ExternalID; id != nil && storable(*id) {
			if _, twice := lines[*id]; !twice {
				lines[*id] = row.Line
				ids = append(ids, *id)
			}
		}
	}
	first, err := tx.Claim(ctx, lines)
	if err != nil {
		return nil, err
	}
	there, err := tx.ItemsBy(ctx, ids)
	if err != nil {
		return nil, err
	}
	s := new(sorted)
	for _, row := range rows {
		var item *model.Item
		if row.ExternalID != nil {
			item = there[*row.ExternalID]
		}
		s.sort(i, row, item, first)
	}
	return s, nil
}

// storable leaves out what no item can have as its external id, of which the row
// says so, and which Postgres would refuse to compare.
func storable(id string) bool {
	return len((model.ItemFields{Name: "x", ExternalID: &id}).Validate("")) == 0
}

// sort finds out about one row. item has its external id already.
func (s *sorted) sort(i *model.Import, row *itemfile.Row, item *model.Item, first map[string]int64) {
	var base model.ItemFields
	if item != nil && i.Mode == model.ImportUpsert {
		base = item.Fields()
	}
	fields, faults := row.Apply(base)
	if len(faults) == 0 && row.ExternalID != nil {
		if line := first[*row.ExternalID]; line != row.Line {
			faults = append(faults, itemfile.Fault{Column: itemfile.ExternalID, Reason: fmt.Sprintf("is that of line %d", line)})
		} else if item != nil && i.Mode == model.ImportInsert {
			faults = append(faults, itemfile.Fault{Column: itemfile.ExternalID, Reason: "is that of an item which is there already; mode=upsert would change it"})
		}
	}
	switch {
	case len(faults) > 0:
		s.reject(i, row, faults)
	case item == nil:
		created := model.NewItem(fields, i.UpdatedAt)
		if row.CreatedAt != nil {
			created.CreatedAt = *row.CreatedAt
		}
		s.inserted = append(s.inserted, created)
	case same(base, fields):
		s.unchanged++
	default:
		item.Change(fields, i.UpdatedAt)
		s.updated = append(s.updated, item)
	}
}

func (s *sorted) reject(i *model.Import, row *itemfile.Row, faults []itemfile.Fault) {
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

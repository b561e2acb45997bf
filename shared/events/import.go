package events

import (
	"math"

	"github.com/fualab/fualab/shared/imports"
)

// Import is the import of an event, with its progress; see imports.Import.
type Import struct {
	ID               int64   `json:"id"`
	State            string  `json:"state"`
	BytesRead        int64   `json:"bytes_read"`
	BytesTotal       *int64  `json:"bytes_total,omitempty"`
	RowsRead         int64   `json:"rows_read"`
	RowsTotal        *int64  `json:"rows_total,omitempty"`
	Inserted         int64   `json:"inserted"`
	Updated          int64   `json:"updated"`
	Unchanged        int64   `json:"unchanged"`
	Rejected         int64   `json:"rejected"`
	RowsPerSecond    float64 `json:"rows_per_second"`
	RemainingSeconds *int64  `json:"remaining_seconds,omitempty"`
}

// OfImport returns an event about i.
func OfImport(i *imports.Import) Event {
	e := &Import{
		ID: i.ID, State: string(i.State), BytesRead: i.BytesRead, BytesTotal: i.BytesTotal, RowsRead: i.RowsRead, RowsTotal: i.RowsTotal,
		Inserted: i.Inserted, Updated: i.Updated, Unchanged: i.Unchanged, Rejected: i.Rejected, RowsPerSecond: math.Round(i.Rate()),
	}
	if d, ok := i.Remaining(); ok {
		seconds := int64(d.Seconds())
		e.RemainingSeconds = &seconds
	}
	return Event{Type: ImportsChanged, At: i.UpdatedAt, Import: e}
}

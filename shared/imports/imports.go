// Package imports holds the record of an import, and its life, for the API and the
// worker: a file of rows is uploaded in parts, then validated, then imported.
package imports

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/model"
)

// The modes of an import.
const (
	Insert = "insert" // every row is new
	Upsert = "upsert" // a row changes the row that has its key
)

// MostErrors bounds the faults that are kept of one import.
const MostErrors = 1000

// Import is an upload of rows. BytesRead, Line and RowsRead are the mark of
// its phase, validating or importing: how far it has got.
type Import struct {
	bun.BaseModel `bun:"table:imports"`

	ID              int64 `bun:",pk,autoincrement"`
	State           State
	Format          string // of package rowfile
	Mode            string
	DryRun          bool
	MaxErrors       int64
	Delimiter       string
	Columns         string // JSON: the column that each heading is for; "" for as it is named
	LimitBytes      int64  // of the file, as it was sent and unpacked
	BytesReceived   int64
	BytesTotal      *int64 // unpacked; known once it was validated
	BytesRead       int64  // unpacked
	Line            int64
	RowsRead        int64
	RowsTotal       *int64
	Inserted        int64
	Updated         int64
	Unchanged       int64
	Rejected        int64
	Faults          int64 // of rejected rows, of which the first are kept
	IDsDistinct     bool  `bun:"ids_distinct"` // validation found each key once
	PassesBegun     int64 // since the mark moved, but for those that ended in order: their workers died
	CancelRequested bool
	Error           string // why it failed: a sentence for the client
	Cleared         bool   // its file is gone
	CreatedAt       model.Time
	UpdatedAt       model.Time
	PhaseAt         model.Time // when the phase began
	FinishedAt      *model.Time
	CreatedBy       *string // the caller, as the log names it, to whom it belongs; nil: not known
	UpdatedBy       *string // the caller of the last request that changed it, likewise
}

// Error is one fault of an import's file.
type Error struct {
	bun.BaseModel `bun:"table:import_errors"`

	ImportID int64
	Position int64 // among the import's
	Line     int64
	Field    string // the column's heading; "" for the row
	Reason   string
}

// Rate returns how many rows a second the phase has read up to the last change,
// 0 for a phase that has not.
func (i *Import) Rate() float64 {
	took := i.UpdatedAt.Std().Sub(i.PhaseAt.Std()).Seconds()
	if took <= 0 || (i.State != Validating && i.State != Importing) {
		return 0
	}
	return float64(i.RowsRead) / took
}

// Remaining returns about how long the phase will take from the last change on,
// and whether that can be told.
func (i *Import) Remaining() (time.Duration, bool) {
	rate := i.Rate()
	if rate == 0 || i.RowsTotal == nil {
		return 0, false
	}
	seconds := float64(max(0, *i.RowsTotal-i.RowsRead)) / rate
	return time.Duration(seconds * float64(time.Second)).Round(time.Second), true
}

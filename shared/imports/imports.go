// Package imports has the record of an import and its life, for the API and the
// worker. A file of rows is uploaded in parts, then validated, then imported.
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

// MostErrors is the largest number of stored faults of one import.
const MostErrors = 1000

// Import is an upload of rows. BytesRead, Line and RowsRead are the mark, which
// is the progress of its phase, validating or importing.
type Import struct {
	bun.BaseModel `bun:"table:imports"`

	ID              int64 `bun:",pk,autoincrement"`
	State           State
	Format          string // of package rowfile
	Mode            string
	DryRun          bool
	MaxErrors       int64
	Delimiter       string
	Columns         string // JSON: the column of each heading; "" if the headings name the columns
	LimitBytes      int64  // of the file, both as sent and unpacked
	BytesReceived   int64
	BytesTotal      *int64 // unpacked; known after validation
	BytesRead       int64  // unpacked
	Line            int64
	RowsRead        int64
	RowsTotal       *int64
	Inserted        int64
	Updated         int64
	Unchanged       int64
	Rejected        int64
	Faults          int64 // number of faults of rejected rows; the first ones are stored
	IDsDistinct     bool  `bun:"ids_distinct"` // validation found no repeated key
	PassesBegun     int64 // since the mark moved, without orderly ends: these passes' workers died
	CancelRequested bool
	Error           string // the reason of the failure, a sentence for the client
	Cleared         bool   // its file is deleted
	CreatedAt       model.Time
	UpdatedAt       model.Time
	PhaseAt         model.Time // when the phase began
	FinishedAt      *model.Time
	CreatedBy       *string // the owner: the caller, as the log names it; nil for unknown
	UpdatedBy       *string // the caller of the last request that changed it, in the same form
}

// Error is one fault of an import's file.
type Error struct {
	bun.BaseModel `bun:"table:import_errors"`

	ImportID int64
	Position int64 // its number among the import's faults
	Line     int64
	Field    string // the column's heading; "" for the whole row
	Reason   string
}

// Rate returns the rows read per second, from the beginning of the phase to the
// last change. It is 0 for a phase without progress.
func (i *Import) Rate() float64 {
	took := i.UpdatedAt.Std().Sub(i.PhaseAt.Std()).Seconds()
	if took <= 0 || (i.State != Validating && i.State != Importing) {
		return 0
	}
	return float64(i.RowsRead) / took
}

// Remaining returns the estimated time of the phase after the last change.
// known is false without an estimate.
func (i *Import) Remaining() (time.Duration, bool) {
	rate := i.Rate()
	if rate == 0 || i.RowsTotal == nil {
		return 0, false
	}
	seconds := float64(max(0, *i.RowsTotal-i.RowsRead)) / rate
	return time.Duration(seconds * float64(time.Second)).Round(time.Second), true
}

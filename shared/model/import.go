package model

import (
	"time"

	"github.com/uptrace/bun"
)

// ImportState is where an import is in its life.
type ImportState string

// The states of an import.
const (
	ImportUploading  ImportState = "uploading"  // its file is not all there
	ImportQueued     ImportState = "queued"     // waits for a worker
	ImportValidating ImportState = "validating" // every row is looked at; no item changes
	ImportImporting  ImportState = "importing"  // rows become items
	ImportCompleted  ImportState = "completed"
	ImportFailed     ImportState = "failed"
	ImportCancelled  ImportState = "cancelled"
)

// Ended reports whether nothing more will happen to an import.
func (s ImportState) Ended() bool {
	return s == ImportCompleted || s == ImportFailed || s == ImportCancelled
}

// The modes of an import.
const (
	ImportInsert = "insert" // every row is a new item
	ImportUpsert = "upsert" // a row changes the item that has its external_id
)

// ImportTask is the task that an import whose file is there waits for.
const ImportTask = "items.import"

// MostImportErrors bounds the faults that are kept of one import.
const MostImportErrors = 1000

// Import is an upload of items. BytesRead, Line and RowsRead are the mark of
// its phase, validating or importing: how far it has got.
type Import struct {
	bun.BaseModel `bun:"table:imports"`

	ID              int64 `bun:",pk,autoincrement"`
	State           ImportState
	Format          string // of package itemfile
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
	IDsDistinct     bool  `bun:"ids_distinct"` // validation found each external id once
	CancelRequested bool
	Error           string // why it failed: a sentence for the client
	Cleared         bool   // its file is gone
	CreatedAt       Time
	UpdatedAt       Time
	PhaseAt         Time // when the phase began
	FinishedAt      *Time
}

// ImportError is one fault of an import's file.
type ImportError struct {
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
	if took <= 0 || (i.State != ImportValidating && i.State != ImportImporting) {
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

package items

import (
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/model"
)

// importBody is an import as a client sees it.
type importBody struct {
	ID               int64       `json:"id" example:"1"`
	State            string      `json:"state" enum:"uploading,queued,validating,importing,completed,failed,cancelled" doc:"validating looks at every row and changes nothing; importing makes items of them. The last three are final."`
	Format           string      `json:"format" enum:"csv,ndjson"`
	Mode             string      `json:"mode" enum:"insert,upsert"`
	DryRun           bool        `json:"dry_run" doc:"Whether it ends with the validation; inserted, updated and unchanged tell what would have been."`
	MaxErrors        int64       `json:"max_errors"`
	CancelRequested  bool        `json:"cancel_requested"`
	BytesReceived    int64       `json:"bytes_received" doc:"Of the file as it is sent."`
	BytesTotal       *int64      `json:"bytes_total" nullable:"true" doc:"Of the file unpacked; known once it was validated."`
	BytesRead        int64       `json:"bytes_read" doc:"Of those, by the phase that state tells."`
	RowsRead         int64       `json:"rows_read" doc:"By the phase that state tells."`
	RowsTotal        *int64      `json:"rows_total" nullable:"true" doc:"Known once the file was validated."`
	Inserted         int64       `json:"inserted" doc:"Rows that became new items; while validating, and of a dry run, those that would."`
	Updated          int64       `json:"updated" doc:"Rows that changed an item."`
	Unchanged        int64       `json:"unchanged" doc:"Rows whose item is like that already."`
	Rejected         int64       `json:"rejected" doc:"Rows with faults, which GET /api/imports/{id}/errors lists."`
	Error            string      `json:"error" doc:"Why it failed; empty otherwise."`
	RowsPerSecond    float64     `json:"rows_per_second" doc:"Of the phase so far; 0 if there is none."`
	RemainingSeconds *int64      `json:"remaining_seconds" nullable:"true" doc:"About how long the phase will take; null if that cannot be told."`
	CreatedAt        model.Time  `json:"created_at" format:"date-time"`
	UpdatedAt        model.Time  `json:"updated_at" format:"date-time"`
	FinishedAt       *model.Time `json:"finished_at" format:"date-time" nullable:"true"`
}

// importBodyOf is the one conversion from the model.
func importBodyOf(i *imports.Import) importBody {
	body := importBody{
		ID: i.ID, State: string(i.State), Format: i.Format, Mode: i.Mode, DryRun: i.DryRun, MaxErrors: i.MaxErrors, CancelRequested: i.CancelRequested,
		BytesReceived: i.BytesReceived, BytesTotal: i.BytesTotal, BytesRead: i.BytesRead, RowsRead: i.RowsRead, RowsTotal: i.RowsTotal,
		Inserted: i.Inserted, Updated: i.Updated, Unchanged: i.Unchanged, Rejected: i.Rejected, Error: i.Error,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, FinishedAt: i.FinishedAt,
	}
	e := events.OfImport(i).Import
	body.RowsPerSecond, body.RemainingSeconds = e.RowsPerSecond, e.RemainingSeconds
	return body
}

// importErrorBody is one fault of a file.
type importErrorBody struct {
	Line   int64  `json:"line" doc:"Of the file, from 1; where the row begins."`
	Column string `json:"column" doc:"The column's heading, or the member's name; empty for the whole row."`
	Reason string `json:"reason"`
}

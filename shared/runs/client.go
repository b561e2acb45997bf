package runs

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Client inserts, reads, retries and cancels runs. It uses transactions of the
// database's own pool, so that a schedule and its run change in one
// transaction. It is safe for concurrent use.
type Client struct{ river *river.Client[*sql.Tx] }

// ClientOf returns a Client on a client of River.
func ClientOf(c *river.Client[*sql.Tx]) *Client { return &Client{c} }

// River returns River's client, for the parts that execute runs and that show
// River's console.
func (c *Client) River() *river.Client[*sql.Tx] { return c.river }

// Get returns the run with the given id. If there is none, IsNotFound holds for
// the error.
func (c *Client) Get(ctx context.Context, id int64) (*Run, error) {
	job, err := c.river.JobGet(ctx, id)
	if err != nil {
		return nil, err
	}
	return Of(job), nil
}

// Filter selects runs.
type Filter struct {
	Tasks  []string // empty: all tasks
	State  State    // "": all states
	Before int64    // only runs with smaller ids; 0: all
	IDs    []int64  // empty: all ids
}

// List returns at most limit runs, the newest first. limit is at most 10,000.
func (c *Client) List(ctx context.Context, f Filter, limit int) ([]*Run, error) {
	params := river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(limit)
	if len(f.Tasks) > 0 {
		params = params.Kinds(f.Tasks...)
	}
	if f.State != "" {
		params = params.States(rivertype.JobState(f.State))
	}
	if f.Before != 0 {
		params = params.After(river.JobListCursorFromJob(&rivertype.JobRow{ID: f.Before}))
	}
	if len(f.IDs) > 0 {
		params = params.IDs(f.IDs...)
	}
	list, err := c.river.JobList(ctx, params)
	if err != nil {
		return nil, err
	}
	return allOf(list.Jobs), nil
}

// RetryTx puts an ended run back into the queue, in tx. In any other state, it
// changes nothing. It returns the resulting run.
func (c *Client) RetryTx(ctx context.Context, tx *sql.Tx, id int64) (*Run, error) {
	job, err := c.river.JobRetryTx(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return Of(job), nil
}

// CancelTx ends a waiting run, in tx. It asks the worker of a working run to
// end it. It returns the resulting run.
func (c *Client) CancelTx(ctx context.Context, tx *sql.Tx, id int64) (*Run, error) {
	job, err := c.river.JobCancelTx(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return Of(job), nil
}

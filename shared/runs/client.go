package runs

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Client inserts, reads and steers runs. Its transactions are those of the
// database's own pool, so that a run is inserted in the transaction that makes
// it due. It is safe for concurrent use.
type Client struct{ river *river.Client[*sql.Tx] }

// ClientOf returns a Client that works by a client of River.
func ClientOf(c *river.Client[*sql.Tx]) *Client { return &Client{c} }

// River returns the client of River, for the parts that execute runs and that
// show River's console.
func (c *Client) River() *river.Client[*sql.Tx] { return c.river }

// Get returns the run with the given id, or an error of which IsNotFound says
// that there is none.
func (c *Client) Get(ctx context.Context, id int64) (*Run, error) {
	job, err := c.river.JobGet(ctx, id)
	if err != nil {
		return nil, err
	}
	return Of(job), nil
}

// Filter chooses runs.
type Filter struct {
	Tasks  []string // none: of every task
	State  State    // "": in every state
	Before int64    // only runs with smaller ids; 0: all
	IDs    []int64  // none: with every id
}

// List returns up to limit runs, at most 10,000, the newest first.
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

// RetryTx puts a run that has ended back into the queue, in tx. In any other
// state it changes nothing. It returns the run as it is then.
func (c *Client) RetryTx(ctx context.Context, tx *sql.Tx, id int64) (*Run, error) {
	job, err := c.river.JobRetryTx(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return Of(job), nil
}

// CancelTx ends a run that waits, and asks the worker of one that works to end
// it, in tx. It returns the run as it is then.
func (c *Client) CancelTx(ctx context.Context, tx *sql.Tx, id int64) (*Run, error) {
	job, err := c.river.JobCancelTx(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return Of(job), nil
}

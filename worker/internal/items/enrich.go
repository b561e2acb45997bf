package items

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/worker/internal/items/text"
	"github.com/fualab/fualab/worker/internal/task"
)

// Enrich is the task that does the second half of every create, change and delete: what
// follows from an item's name, for itself and for its duplicates. A nudge
// starts it at once, the schedule finds what a lost nudge left.
func Enrich(d Deps) task.Task {
	return task.Task{
		Name:          "items.enrich",
		Summary:       "Gives new and changed items their slug, and finds duplicates",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip, // a run that waits or works finds it as well
		Timeout:       2 * time.Minute,
		Event:         items.EventEnriched,
		Backlog: &task.Backlog{
			Name:    "enrich",
			Help:    "How long the item waits that has waited longest to be enriched; 0 if none does.",
			Title:   "Oldest item that waits to be enriched",
			Summary: "Items wait to be enriched for longer than three sweeps",
			Limit:   3 * time.Minute,
			Since:   func(ctx context.Context) (time.Time, error) { return pendingSince(ctx, d.DB) },
		},
		Run: func(ctx context.Context) (task.Result, error) {
			return task.InBatches(ctx, task.Result{}, func(ctx context.Context) (task.Changes, bool, error) {
				return duplicates{d.DB}.enrich(ctx, task.BatchSize, derive)
			})
		},
	}
}

func derive(id int64, name string) (slug, fingerprint string) {
	return text.Slug(name, id), text.Fingerprint(name)
}

// mostBehind bounds how many items one look takes in. They are enriched in the
// order of their ids, so that the oldest are nearly always among the first.
const mostBehind = 10_000

// pendingSince returns since when the item waits to be enriched that has waited
// the longest, the zero time if none does.
func pendingSince(ctx context.Context, db *database.DB) (time.Time, error) {
	var at model.Time
	err := db.NewRaw(`SELECT updated_at FROM
		(SELECT updated_at FROM items WHERE enriched_version < version ORDER BY id LIMIT ?) AS waiting ORDER BY updated_at LIMIT 1`, mostBehind).Scan(ctx, &at)
	err = database.Error(err, "find the item that waits the longest")
	if errs.Is(err, errs.NotFound) {
		return time.Time{}, nil
	}
	return at.Std(), err
}

// derivation returns what the worker derives from one item's name.
type derivation func(id int64, name string) (slug, fingerprint string)

// enrichment is what the worker knows of an item: its row in part, first as
// it was read and then as it shall be.
type enrichment struct {
	ID              int64   `json:"id"`
	Name            string  `json:"-"`
	Deleted         bool    `json:"deleted"`
	Read            int64   `bun:"-" json:"read"` // the version that was read
	Version         int64   `json:"version"`
	EnrichedVersion int64   `json:"enriched_version"`
	Slug            *string `json:"slug"`
	Fingerprint     *string `json:"fingerprint"`
	DuplicateOf     *int64  `json:"duplicate_of"`

	Deposed bool `bun:"-" json:"deposed"` // shall be pending; see saveOthers

	before *enrichment // the row as it was read, once it has been applied
	waits  bool        // for a later batch; see regroup
}

// regrouped reports whether e has another fingerprint than its row.
func (e *enrichment) regrouped() bool {
	return e.before != nil && (e.before.Fingerprint == nil || *e.before.Fingerprint != *e.Fingerprint)
}

const enrichmentColumns = "i.id, i.name, i.deleted_at IS NOT NULL AS deleted, i.version, i.enriched_version, i.slug, i.fingerprint, i.duplicate_of"

// enrich brings up to limit items up to date with their names: slug,
// fingerprint, and duplicate_of, the oldest living item of the same
// fingerprint. It returns what it changed, of the items those that live, and
// whether there is more to do.
//
// An item is up to date when its own fields are right and no other item
// wrongly points to it. Until then it stays pending, so that whatever ends
// this between two batches, the next one finds the rest. That holds for
// deleted items too: the deletion raised their version.
func (d duplicates) enrich(ctx context.Context, limit int, derive derivation) (done task.Changes, more bool, err error) {
	err = d.inOrder(ctx, func(ctx context.Context, tx bun.Tx) error {
		batch, err := d.pending(ctx, tx, limit)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, e := range batch {
			e.apply(derive)
		}
		r, err := d.regroup(ctx, tx, batch, limit)
		if err != nil {
			return err
		}
		own := r.leavers
		if r.whole {
			own = slices.DeleteFunc(slices.Clone(batch), func(e *enrichment) bool { return e.waits })
		}
		redirected, err := d.saveOthers(ctx, tx, r.others)
		if err != nil {
			return err
		}
		saved, err := d.saveEnrichments(ctx, tx, own)
		saved = append(saved, redirected...)
		done = task.Changes{Rows: int64(len(saved)), IDs: living(saved, own)}
		more = len(batch) == limit || len(own) < len(batch) || len(r.others) > 0 || len(saved) < len(own)
		return err
	})
	return done, more, database.Error(err, "enrich a batch of items")
}

// living returns ids without those of deleted items among changes.
func living(ids []int64, changes []*enrichment) []int64 {
	deleted := make(map[int64]bool)
	for _, e := range changes {
		if e.Deleted {
			deleted[e.ID] = true
		}
	}
	return slices.DeleteFunc(ids, func(id int64) bool { return deleted[id] })
}

// inOrder runs f in a transaction that no other one of its kind overlaps.
// Which item is the oldest of its fingerprint is only known when nobody else
// is adding older ones. SQLite has one writer at a time anyway. It cannot
// deadlock: whoever else locks several items at once waits for none.
func (d duplicates) inOrder(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return d.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if d.db.IsPostgres() {
			// Every row that is wanted is found by an index; statistics
			// from before many of them changed would say otherwise.
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('fualab.items.duplicates', 0)), set_config('enable_seqscan', 'off', true)"); err != nil {
				return err
			}
		}
		return f(ctx, tx)
	})
}

// pending reads and locks up to limit items that are not up to date, the
// living first.
func (d duplicates) pending(ctx context.Context, tx bun.Tx, limit int) ([]*enrichment, error) {
	var batch []*enrichment
	for _, life := range []string{"i.deleted_at IS NULL", "i.deleted_at IS NOT NULL"} {
		if len(batch) == limit {
			break
		}
		var some []*enrichment
		err := tx.NewRaw("SELECT ? FROM items AS i WHERE i.enriched_version < i.version AND ? ORDER BY i.id LIMIT ? ?",
			bun.Safe(enrichmentColumns), bun.Safe(life), limit-len(batch), d.db.SkipLocked()).Scan(ctx, &some)
		if err != nil {
			return nil, err
		}
		batch = append(batch, some...)
	}
	return batch, nil
}

// apply makes e up to date but for duplicate_of. A deleted item keeps what it
// had and is no duplicate.
func (e *enrichment) apply(derive derivation) {
	before := *e
	e.before = &before
	e.Read, e.EnrichedVersion, e.DuplicateOf = e.Version, e.Version, nil
	if e.Deleted {
		return
	}
	slug, fingerprint := derive(e.ID, e.Name)
	e.Slug, e.Fingerprint = &slug, &fingerprint
}

const changesPostgres = `json_to_recordset(?0::json) AS v(id bigint, deleted boolean, deposed boolean, read bigint, version bigint,
	enriched_version bigint, slug text, fingerprint text, duplicate_of bigint)`

const changesSQLite = `(SELECT value ->> 'id' AS id, value ->> 'deleted' AS deleted, value ->> 'deposed' AS deposed,
	value ->> 'read' AS read, value ->> 'version' AS version,
	value ->> 'enriched_version' AS enriched_version, value ->> 'slug' AS slug,
	value ->> 'fingerprint' AS fingerprint, value ->> 'duplicate_of' AS duplicate_of FROM json_each(?0)) AS v`

// changes is the table expression v of enrichments, given as JSON.
func (d duplicates) changes() string {
	if d.db.IsPostgres() {
		return changesPostgres
	}
	return changesSQLite
}

// saveEnrichments writes changes in one statement and returns the ids of those
// it wrote. A row whose version is not the one that was read has been changed by
// somebody else: it is left as it is, which is pending.
func (d duplicates) saveEnrichments(ctx context.Context, tx bun.Tx, changes []*enrichment) (saved []int64, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	rows, err := asJSON(changes)
	if err != nil {
		return nil, err
	}
	// updated_at is the client's, and stays.
	err = tx.NewRaw(`UPDATE items
		SET slug = v.slug, fingerprint = v.fingerprint, duplicate_of = v.duplicate_of,
			version = v.version, enriched_version = v.enriched_version
		FROM `+d.changes()+` WHERE items.id = v.id AND items.version = v.read RETURNING items.id`, rows).Scan(ctx, &saved)
	return saved, err
}

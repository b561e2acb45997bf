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

// Enrich is the task for the second half of every create, change and delete:
// the consequences of an item's name, for the item and its duplicates. A
// notification starts it at once. If the notification is lost, the schedule
// does.
func Enrich(d Deps) task.Task {
	return task.Task{
		Name:          "items.enrich",
		Summary:       "Gives new and changed items their slug, and finds duplicates",
		Cron:          "* * * * *",
		MissedPolicy:  model.MissedOnce,
		OverlapPolicy: model.OverlapSkip, // a waiting or working run finds the items, too
		Timeout:       2 * time.Minute,
		Event:         items.EventEnriched,
		Backlog: &task.Backlog{
			Name:    "enrich",
			Help:    "Longest time that an item has waited to be enriched; 0 without a waiting item.",
			Title:   "Age of the oldest item without enrichment",
			Summary: "An item has waited to be enriched for longer than three sweeps",
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

// mostBehind is the largest number of items of one look. They are enriched in
// the order of their ids, so the oldest are nearly always among the first.
const mostBehind = 10_000

// pendingSince returns the time since which the longest waiting item waits to
// be enriched, or the zero time.
func pendingSince(ctx context.Context, db *database.DB) (time.Time, error) {
	var at model.Time
	err := db.NewRaw(`SELECT updated_at FROM
		(SELECT updated_at FROM items WHERE enriched_version < version ORDER BY id LIMIT ?) AS waiting ORDER BY updated_at LIMIT 1`, mostBehind).Scan(ctx, &at)
	err = database.Error(err, "find the longest waiting item")
	if errs.Is(err, errs.NotFound) {
		return time.Time{}, nil
	}
	return at.Std(), err
}

// derivation derives the worker's fields from one item's name.
type derivation func(id int64, name string) (slug, fingerprint string)

// enrichment is a part of an item's row: first as it was read, and then as it
// will be written.
type enrichment struct {
	ID              int64   `json:"id"`
	Name            string  `json:"-"`
	Deleted         bool    `json:"deleted"`
	Read            int64   `bun:"-" json:"read"` // the read version
	Version         int64   `json:"version"`
	EnrichedVersion int64   `json:"enriched_version"`
	Slug            *string `json:"slug"`
	Fingerprint     *string `json:"fingerprint"`
	DuplicateOf     *int64  `json:"duplicate_of"`

	Deposed bool `bun:"-" json:"deposed"` // becomes pending; see saveOthers

	before *enrichment // the row as it was read; set by apply
	waits  bool        // waits for a later batch; see regroup
}

// regrouped reports whether the fingerprint of e differs from its row's.
func (e *enrichment) regrouped() bool {
	return e.before != nil && (e.before.Fingerprint == nil || *e.before.Fingerprint != *e.Fingerprint)
}

const enrichmentColumns = "i.id, i.name, i.deleted_at IS NOT NULL AS deleted, i.version, i.enriched_version, i.slug, i.fingerprint, i.duplicate_of"

// enrich updates the derived fields of at most limit items: slug, fingerprint,
// and duplicate_of, the oldest living item with the same fingerprint. It
// returns the changes, with the ids of living items, and whether more items
// wait.
//
// An item is up to date when its own fields are right and no other item wrongly
// points to it. Until then it stays pending. So after an interruption between
// two batches, the next batch finds the rest. This holds for deleted items,
// too, because the deletion raised their version.
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

// living returns ids without the deleted items of changes.
func living(ids []int64, changes []*enrichment) []int64 {
	deleted := make(map[int64]bool)
	for _, e := range changes {
		if e.Deleted {
			deleted[e.ID] = true
		}
	}
	return slices.DeleteFunc(ids, func(id int64) bool { return deleted[id] })
}

// inOrder runs f in a transaction that does not overlap with another one of its
// kind. The oldest item of a fingerprint is only known while no other
// transaction adds older ones. SQLite has one writer anyway. It cannot
// deadlock: all other transactions that lock several items wait for none of
// them.
func (d duplicates) inOrder(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return d.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if d.db.IsPostgres() {
			// An index finds all needed rows. Statistics from before many
			// changes may mislead the planner.
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('fualab.items.duplicates', 0)), set_config('enable_seqscan', 'off', true)"); err != nil {
				return err
			}
		}
		return f(ctx, tx)
	})
}

// pending reads and locks at most limit items that are not up to date, the
// living items first.
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

// apply updates all fields of e except duplicate_of. A deleted item keeps its
// fields and is no duplicate.
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

// changes is the table expression v of the enrichments in a JSON parameter.
func (d duplicates) changes() string {
	if d.db.IsPostgres() {
		return changesPostgres
	}
	return changesSQLite
}

// saveEnrichments writes changes in one statement, and returns the ids of the
// written items. If the version of a row differs from the read one, another
// writer has changed it. Such a row is not written and stays pending.
func (d duplicates) saveEnrichments(ctx context.Context, tx bun.Tx, changes []*enrichment) (saved []int64, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	rows, err := asJSON(changes)
	if err != nil {
		return nil, err
	}
	// updated_at belongs to the client and does not change.
	err = tx.NewRaw(`UPDATE items
		SET slug = v.slug, fingerprint = v.fingerprint, duplicate_of = v.duplicate_of,
			version = v.version, enriched_version = v.enriched_version
		FROM `+d.changes()+` WHERE items.id = v.id AND items.version = v.read RETURNING items.id`, rows).Scan(ctx, &saved)
	return saved, err
}

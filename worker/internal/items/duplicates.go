package items

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
)

// duplicates makes each living item point to the oldest item with its
// fingerprint. It is safe for concurrent use, also in several workers; see
// inOrder.
//
//	fingerprint f:   1 (oldest) ←─ 3   ←─ 7      duplicate_of of 3 and 7 is 1
//	1 is deleted:    3 (oldest) ←─ 7              3 and 7 change with it
type duplicates struct{ db *database.DB }

// regrouping lists the changes that go with a batch, or come before it.
type regrouping struct {
	others  []*enrichment // items outside the batch; see saveOthers
	whole   bool          // after these changes, the batch may be written or deleted
	leavers []*enrichment // unless whole: the items of the batch that leave a fingerprint
}

// regroup returns the changes outside batch that are necessary to write or
// delete it. The fields of batch are already derived from the names, except
// duplicate_of. Two kinds of items outside batch change:
//
//   - Items that point to an item of batch that has left their fingerprint, was
//     deleted, or is no longer the oldest. They now point to the right item.
//   - Items that are no longer the oldest, because an older item joins them.
//     They become pending, and are handled later with the items that point to
//     them.
//
// If such an item is in batch, it stays pending and waits. Until the older item
// is there, its duplicates have no other item to point to.
//
// Invariant: in every committed state, a living item that is not pending points
// to the oldest item of its fingerprint, or to a pending or deleted item. The
// latter corrects it later. So if limit items of the first kind are found,
// there may be more. Then the regrouping is not whole, and the batch stays
// pending. Its leavers leave at once, so that no item joins them in the
// meantime.
func (d duplicates) regroup(ctx context.Context, tx bun.Tx, batch []*enrichment, limit int) (r regrouping, err error) {
	g := newGroups(batch)
	var fingerprints []string
	for _, e := range batch {
		if !e.Deleted {
			fingerprints = append(fingerprints, *e.Fingerprint)
		}
	}
	heads, err := d.heads(ctx, tx, g, fingerprints)
	if err != nil {
		return r, err
	}
	joining := make(map[int64]bool)
	for _, e := range batch {
		g.join(e)
		joining[e.ID] = !e.Deleted && e.regrouped()
	}
	var suspects []*enrichment
	for _, e := range batch {
		e.DuplicateOf = g.duplicateOf(e)
		e.waits = e.DuplicateOf != nil && joining[*e.DuplicateOf] && !joining[e.ID]
		if e.waits {
			continue
		}
		if e.Deleted || e.regrouped() || e.DuplicateOf != nil {
			suspects = append(suspects, e)
		}
	}
	misled, err := d.misled(ctx, tx, suspects, limit)
	if err != nil {
		return r, err
	}
	if len(misled) < limit {
		deposed := g.deposed(heads)
		misled = slices.DeleteFunc(misled, func(e *enrichment) bool {
			return slices.ContainsFunc(deposed, func(h *enrichment) bool { return h.ID == e.ID })
		})
		r.others, r.whole = append(misled, deposed...), true
		return r, d.redirect(ctx, tx, g, misled)
	}
	for _, e := range suspects {
		if !e.Deleted && e.before.Fingerprint != nil && e.regrouped() {
			left := *e.before
			left.Read, left.Fingerprint, left.DuplicateOf = left.Version, nil, nil
			r.leavers = append(r.leavers, &left)
		}
	}
	r.others = misled
	return r, d.redirect(ctx, tx, newGroups(r.leavers), misled)
}

// groups has the oldest living item of each fingerprint that was requested or
// joined.
type groups struct {
	oldest map[string]int64
	absent []int64 // items that count only after they have joined
}

func newGroups(absent []*enrichment) *groups {
	g := &groups{oldest: make(map[string]int64, len(absent)), absent: []int64{0}} // IN () is invalid SQL
	for _, e := range absent {
		g.absent = append(g.absent, e.ID)
	}
	return g
}

func (g *groups) join(e *enrichment) {
	if e.Deleted {
		return
	}
	if id, ok := g.oldest[*e.Fingerprint]; !ok || e.ID < id {
		g.oldest[*e.Fingerprint] = e.ID
	}
}

func (g *groups) duplicateOf(e *enrichment) *int64 {
	if e.Deleted || e.Fingerprint == nil {
		return nil
	}
	if id, ok := g.oldest[*e.Fingerprint]; ok && id != e.ID {
		return &id
	}
	return nil
}

// deposed returns the heads that an older item has joined, and marks them as
// pending. It omits those that are already pending.
func (g *groups) deposed(heads []*enrichment) []*enrichment {
	var deposed []*enrichment
	for _, h := range heads {
		oldest := g.duplicateOf(h)
		known := oldest == nil || h.DuplicateOf != nil && *h.DuplicateOf == *oldest
		if !known && h.EnrichedVersion == h.Version {
			h.Deposed = true
			deposed = append(deposed, h)
		}
	}
	return deposed
}

// heads returns the oldest living item of each of fingerprints, except the
// items that are absent from g. It lets them join g.
func (d duplicates) heads(ctx context.Context, tx bun.Tx, g *groups, fingerprints []string) ([]*enrichment, error) {
	if len(fingerprints) == 0 {
		return nil, nil
	}
	values, err := asJSON(fingerprints)
	if err != nil {
		return nil, err
	}
	each := "json_each(?)"
	if d.db.IsPostgres() {
		each = "json_array_elements_text(?::json) AS value"
	}
	var heads []*enrichment
	// The ORDER BY fingerprint is redundant after the equality, but leaves the
	// planner only the index that begins with the oldest item.
	err = tx.NewRaw(`SELECT `+enrichmentColumns+` FROM (SELECT DISTINCT value AS fingerprint FROM `+each+`) AS f
		JOIN items AS i ON i.fingerprint = f.fingerprint AND i.id = (SELECT h.id FROM items AS h
			WHERE h.fingerprint >= f.fingerprint AND h.deleted_at IS NULL AND h.id NOT IN ?
			ORDER BY h.fingerprint, h.id LIMIT 1)`, values, bun.Tuple(g.absent)).Scan(ctx, &heads)
	for _, h := range heads {
		g.join(h)
	}
	return heads, err
}

// misled returns at most limit items that wrongly point to one of suspects. It
// omits pending items, because they are handled later.
func (d duplicates) misled(ctx context.Context, tx bun.Tx, suspects []*enrichment, limit int) ([]*enrichment, error) {
	if len(suspects) == 0 {
		return nil, nil
	}
	rows, err := asJSON(suspects)
	if err != nil {
		return nil, err
	}
	var misled []*enrichment
	err = tx.NewRaw(d.misledQuery(), rows, limit).Scan(ctx, &misled)
	return misled, err
}

// redirect makes misled point to the oldest items of their fingerprints.
func (d duplicates) redirect(ctx context.Context, tx bun.Tx, g *groups, misled []*enrichment) error {
	var unknown []string
	for _, e := range misled {
		if _, ok := g.oldest[*e.Fingerprint]; !ok {
			unknown = append(unknown, *e.Fingerprint)
		}
	}
	if _, err := d.heads(ctx, tx, g, unknown); err != nil {
		return err
	}
	for _, e := range misled {
		e.DuplicateOf = g.duplicateOf(e)
	}
	return nil
}

// saveOthers writes the new duplicate_of, or the pending state, of others as
// their next version. It returns the ids of the living ones that it wrote.
//
// Others are not locked. Since it was read, an item may have expired; its
// version shows that, and it does not matter here. Or a client may have changed
// it; then it is pending, and is handled later. All other writers of
// duplicate_of wait for this transaction.
func (d duplicates) saveOthers(ctx context.Context, tx bun.Tx, others []*enrichment) (saved []int64, err error) {
	if len(others) == 0 {
		return nil, nil
	}
	rows, err := asJSON(others)
	if err != nil {
		return nil, err
	}
	err = tx.NewRaw(`UPDATE items
		SET duplicate_of = CASE WHEN v.deposed THEN items.duplicate_of ELSE v.duplicate_of END,
			version = items.version + 1,
			enriched_version = CASE WHEN v.deposed THEN items.enriched_version ELSE items.version + 1 END
		FROM `+d.changes()+` WHERE items.id = v.id AND items.enriched_version = items.version AND items.deleted_at IS NULL
		RETURNING items.id`, rows).Scan(ctx, &saved)
	return saved, err
}

// misledQuery looks up each suspect in the index of duplicate_of. The planner
// does not know their small number, and would read the whole index. A LATERAL
// with its own limit prevents that, and so does CROSS JOIN on SQLite.
func (d duplicates) misledQuery() string {
	const condition = ` WHERE i.duplicate_of = v.id AND i.duplicate_of IS NOT NULL
		AND i.deleted_at IS NULL AND i.enriched_version = i.version
		AND (v.deleted OR v.duplicate_of IS NOT NULL OR i.fingerprint <> v.fingerprint)`
	query := "SELECT " + enrichmentColumns + " FROM " + d.changes() + " CROSS JOIN "
	if d.db.IsPostgres() {
		return query + "LATERAL (SELECT i.* FROM items AS i" + condition + " LIMIT ?1) AS i LIMIT ?1"
	}
	return query + "items AS i" + condition + " LIMIT ?1"
}

func asJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

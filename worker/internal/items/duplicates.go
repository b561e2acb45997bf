package items

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
)

// duplicates keeps each living item pointing to the oldest of its fingerprint. It
// is safe for concurrent use, also by other workers; see inOrder.
type duplicates struct{ db *database.DB }

// regrouping is what must be written with a batch, or instead of it.
type regrouping struct {
	others  []*enrichment // outside the batch; see saveOthers
	whole   bool          // with them, the batch may be written or deleted
	leavers []*enrichment // unless whole: those of the batch that leave a fingerprint, without it
}

// regroup returns what must be written so that batch, whose fields follow
// from their names but for duplicate_of, may be written or deleted: these
// items outside it change with it.
//
//   - Items that point to one in batch which has left their fingerprint, was
//     deleted, or is the oldest no more: now they point to the right one.
//   - Items that are the oldest no more, because an older one joins them: made
//     pending, so that they, and what points to them, have their own turn.
//     Such an item in batch is pending, and stays so: it waits. Until the
//     older one is there, what points to it cannot point anywhere else.
//
// In every committed state, a living item that is not pending points either
// to the oldest of its fingerprint or to a pending or deleted item, which will
// see to it in its own turn. So if limit of the former are found, there may be
// more, and the regrouping is not whole: the batch stays pending. Its leavers
// have left by then, so that nobody joins them there meanwhile.
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

// groups knows the oldest living item of each fingerprint that was asked for
// or joined.
type groups struct {
	oldest map[string]int64
	absent []int64 // items that count only once they have joined
}

func newGroups(absent []*enrichment) *groups {
	g := &groups{oldest: make(map[string]int64, len(absent)), absent: []int64{0}} // IN () is no SQL
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

// deposed returns those of heads that an older item has joined, as pending
// ones, unless they know it or are pending already.
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

// heads returns the oldest living item of each of fingerprints, but for
// those absent from g, and lets them join g.
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
	// The order by fingerprint, where one asked for equality alone, leaves
	// the planner no index but the one that begins at the oldest.
	err = tx.NewRaw(`SELECT `+enrichmentColumns+` FROM (SELECT DISTINCT value AS fingerprint FROM `+each+`) AS f
		JOIN items AS i ON i.fingerprint = f.fingerprint AND i.id = (SELECT h.id FROM items AS h
			WHERE h.fingerprint >= f.fingerprint AND h.deleted_at IS NULL AND h.id NOT IN ?
			ORDER BY h.fingerprint, h.id LIMIT 1)`, values, bun.Tuple(g.absent)).Scan(ctx, &heads)
	for _, h := range heads {
		g.join(h)
	}
	return heads, err
}

// misled returns up to limit items that point to one of suspects and should
// not. Pending ones are left out: they have their own turn.
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

// redirect has misled point to the oldest of their fingerprints.
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

// saveOthers writes where others point, or that they are pending, as their next
// version. It returns the ids of the living it wrote.
//
// Others are not locked. What may happen to one since it was read is that it
// expires, which its version tells and which changes nothing here, or that a
// client changes it: then it is pending, and is left to its own turn. Whoever
// else might say where it points waits for this transaction.
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
// does not know how few there are and would rather read the whole index; a
// LATERAL with a limit of its own leaves it no choice, nor does CROSS JOIN on
// SQLite.
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

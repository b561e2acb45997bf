package resource

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/combine"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
)

// Deps are the parts of the platform that a store works with. DB, Epoch and Now are required.
type Deps struct {
	DB      *database.DB
	Epoch   *epoch.Reader                          // of DB
	Now     func() time.Time                       // of the times in rows
	Cache   *cache.Cache                           // nil: each row is read from the database
	Publish func(events.Event)                     // of each change, after its commit; nil: none
	Nudge   func(ctx context.Context, task string) // of the worker, likewise; nil: none
	Log     *slog.Logger                           // of requests that fail; nil for a store that serves none
}

// Store reads and writes the rows of an entity. A function that runs in a transaction of the package tx takes part in it.
// It is safe for concurrent use.
type Store[T any] struct{ *store }

// Store returns the entity's store in a database.
func (r *Resource[T]) Store(deps Deps) *Store[T] { return &Store[T]{newStore(r.d, deps)} }

// Read returns the living row with the given id, or an errs.NotFound error.
func (s *Store[T]) Read(ctx context.Context, caller access.Caller, id int64) (*T, error) {
	row, err := s.read(ctx, caller, id)
	return as[T](row), err
}

// Create inserts rows, all or none, and sets the fields of their Row; a time of creation that a row has stays. It returns an errs.Invalid error for rows that
// break a rule, and an errs.Conflict error if the value of a unique field is taken.
func (s *Store[T]) Create(ctx context.Context, caller access.Caller, rows ...*T) error {
	all := make([]any, len(rows))
	for i, row := range rows {
		all[i] = row
	}
	return s.create(ctx, caller, all, len(all) == 1)
}

// Change has f change the living row with the given id, and writes it as its next version, in one transaction: changes
// of one row happen one after another. It returns the changed row, an errs.NotFound error, f's own, or one as Create's.
func (s *Store[T]) Change(ctx context.Context, caller access.Caller, id int64, f func(row *T) error) (*T, error) {
	row, err := s.change(ctx, caller, id, Change, func(_, row any) error { return f(row.(*T)) })
	return as[T](row), err
}

// Delete marks the living row with the given id as deleted, and returns it, or an errs.NotFound error.
func (s *Store[T]) Delete(ctx context.Context, caller access.Caller, id int64) (*T, error) {
	row, err := s.change(ctx, caller, id, Delete, nil)
	return as[T](row), err
}

// Restore takes a deletion back, as the row's next version. A living row is returned as it is. It returns an
// errs.NotFound error for one that never was, and an errs.Conflict error if the value of a unique field is taken by now.
func (s *Store[T]) Restore(ctx context.Context, caller access.Caller, id int64) (*T, error) {
	row, err := s.change(ctx, caller, id, Restore, nil)
	return as[T](row), err
}

// store is a Store without its type.
type store struct {
	Deps
	d        *declaration
	kind     cache.Kind
	sql      statements
	reading  *combine.Combiner[*wanted] // of single rows, on Postgres
	creating *combine.Combiner[any]
}

func newStore(d *declaration, deps Deps) *store {
	s := &store{Deps: deps, d: d, kind: d.kind(), sql: d.statements()}
	if s.Publish == nil {
		s.Publish = func(events.Event) {}
	}
	s.reading = combine.New(deps.DB, s.readAll)
	s.creating = combine.New(deps.DB, s.insert)
	return s
}

// simple reports whether a row can be inserted by one statement, which other requests share.
func (s *store) simple(ctx context.Context) bool {
	_, in := tx.Of(ctx)
	return !in && s.d.before == nil && s.d.after == nil && !s.d.refers()
}

func (d *declaration) refers() bool {
	for _, c := range d.stored {
		if c.references != "" {
			return true
		}
	}
	return false
}

// create inserts rows. lone tells that the body is the row, and no array: their faults then have no index.
func (s *store) create(ctx context.Context, caller access.Caller, rows []any, lone bool) error {
	now, by := model.NewTime(s.Now()), orNull(caller.ID)
	var faults []errs.Field
	for i, row := range rows {
		b := row.(based).base()
		if b.CreatedAt.IsZero() {
			b.CreatedAt = now
		}
		*b = Row{Version: 1, CreatedAt: b.CreatedAt, UpdatedAt: now, CreatedBy: by, UpdatedBy: by}
		faults = append(faults, s.prepared(nil, row, now, base(i, lone))...)
	}
	if len(faults) > 0 {
		return errs.InvalidFields(faults...)
	}
	err := s.insertAll(ctx, rows, lone)
	if err != nil {
		return s.unsure(s.refined(database.Error(err, "create %d %s", len(rows), s.d.Plural), lone))
	}
	tx.AfterCommit(ctx, func() { s.tell(ctx, Create, rows...) })
	return nil
}

// base is the place of a row in the body: all of it for a lone one.
func base(i int, lone bool) string {
	if lone {
		return ""
	}
	return fmt.Sprintf("/%d", i)
}

// prepared has hooks derive columns, and lists the rules that the row breaks, below base.
func (s *store) prepared(old, row any, now model.Time, base string) []errs.Field {
	if s.d.prepare != nil {
		s.d.prepare(old, row, now)
	}
	faults := s.d.check(reflect.ValueOf(row).Elem(), base, nil)
	if s.d.validate != nil {
		for _, f := range s.d.validate(old, row) {
			faults = append(faults, errs.Field{In: "body", Pointer: base + "/" + f.Member, Message: f.Message})
		}
	}
	return faults
}

func (s *store) insertAll(ctx context.Context, rows []any, lone bool) error {
	if s.simple(ctx) {
		if len(rows) == 1 {
			return s.creating.Join(ctx, rows[0])
		}
		return s.insert(ctx, rows)
	}
	return tx.In(ctx, s.DB, func(ctx context.Context, t bun.Tx) error {
		if err := s.referable(ctx, t, nil, rows, lone); err != nil {
			return err
		}
		for _, row := range rows {
			if err := s.beforeWrite(ctx, t, nil, row); err != nil {
				return err
			}
		}
		if err := s.insert(ctx, rows); err != nil {
			return err
		}
		for _, row := range rows {
			if err := s.afterWrite(ctx, t, Create, nil, row); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *store) beforeWrite(ctx context.Context, t bun.Tx, old, row any) error {
	if s.d.before == nil {
		return nil
	}
	return s.d.before(ctx, t, old, row)
}

func (s *store) afterWrite(ctx context.Context, t bun.Tx, what Operation, old, row any) error {
	if s.d.after == nil {
		return nil
	}
	return s.d.after(ctx, t, what, old, row)
}

// change writes the next version of a row: decide sees the row as it is and changes a copy.
func (s *store) change(ctx context.Context, caller access.Caller, id int64, what Operation, decide func(old, row any) error) (row any, err error) {
	unchanged := false
	err = tx.In(ctx, s.DB, func(ctx context.Context, t bun.Tx) error {
		old, err := s.locked(ctx, t, caller, id, what == Restore)
		if err != nil {
			return err
		}
		row = s.d.copied(old)
		if what == Restore && old.(based).base().DeletedAt == nil {
			unchanged = true
			return nil
		}
		if decide != nil {
			if err := decide(old, row); err != nil {
				return err
			}
		}
		return s.next(ctx, t, caller, what, old, row)
	})
	if err != nil {
		return nil, s.unsure(s.refined(database.Error(err, "%s %s %d", what, s.d.Name, id), what == Change), id)
	}
	if !unchanged {
		tx.AfterCommit(ctx, func() { s.tell(ctx, what, row) })
	}
	return row, nil
}

// next writes row, which was old, as its next version.
func (s *store) next(ctx context.Context, t bun.Tx, caller access.Caller, what Operation, old, row any) error {
	now := model.NewTime(s.Now())
	b, was := row.(based).base(), old.(based).base()
	*b = *was
	b.Version++
	b.UpdatedAt, b.UpdatedBy = now, orNull(caller.ID)
	switch what {
	case Delete:
		b.DeletedAt = &now
	case Restore:
		b.DeletedAt = nil
	}
	faults := s.prepared(old, row, now, "")
	if what == Change && len(faults) > 0 { // a rule that is new does not keep old rows from being deleted
		return errs.InvalidFields(faults...)
	}
	if what == Change {
		if err := s.referable(ctx, t, old, []any{row}, true); err != nil {
			return err
		}
	}
	if err := s.beforeWrite(ctx, t, old, row); err != nil {
		return err
	}
	if err := s.update(ctx, t, old, row); err != nil {
		return err
	}
	return s.afterWrite(ctx, t, what, old, row)
}

func orNull(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// happened are the last parts of the types of events.
var happened = map[Operation]string{Create: "created", Change: "updated", Delete: "deleted", Restore: "restored"}

// tell publishes a change of rows, which are at least one. A subscriber reads them as they are by then. Where not all
// callers see all rows, an event says nothing of a row but its id.
func (s *store) tell(ctx context.Context, what Operation, rows ...any) {
	if s.d.Nudge != "" && s.Nudge != nil && what != Delete {
		s.Nudge(ctx, s.d.Nudge)
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.(based).base().ID
	}
	s.Cache.Invalidate(s.kind, ids...)
	e := events.Event{Type: events.Type(string(s.kind) + "." + happened[what]), At: rows[0].(based).base().UpdatedAt, Count: int64(len(ids))}
	if len(ids) <= events.MostIDs {
		e.IDs = ids
	}
	if label := s.d.column(s.d.Label); label != nil && len(rows) == 1 && s.d.visible == nil {
		e.Name, _ = label.value(reflect.ValueOf(rows[0]).Elem()).(string)
	}
	s.Publish(e)
}

// unsure returns err. Unless err says that no row has changed, the cache forgets the rows: the answer to a commit may be
// lost.
func (s *store) unsure(err error, ids ...int64) error {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.NotFound, errs.PreconditionFailed:
	default:
		s.Cache.Invalidate(s.kind, ids...)
	}
	return err
}

// version returns the numbers of a row's ETag.
func (s *store) version(ctx context.Context, row any) cache.Version {
	return s.versionIn(s.Epoch.Epoch(ctx), row)
}

func (s *store) versionIn(epoch string, row any) cache.Version {
	v := cache.Version{Epoch: epoch, Number: row.(based).base().Version}
	if s.d.revision != nil {
		v.Derived, _ = s.d.revision.value(reflect.ValueOf(row).Elem()).(int64)
	}
	return v
}

// Package idempotency makes a request with a key take effect once. It stores
// the response in the transaction of the effect.
package idempotency

import (
	"context"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// Lifetime is the time that a key is remembered.
const Lifetime = 24 * time.Hour

// Key identifies one action, however often its request is sent.
type Key struct {
	Caller      string // the key's owner; other callers may use the same key
	Key         string
	Fingerprint []byte // of the request; equal keys have equal requests
}

// Answer is the response to the first request with a key.
type Answer struct {
	Status int
	Header map[string][]string
	Body   []byte
}

// Keys are the stored keys of a database. It is safe for concurrent use.
type Keys struct {
	db       *database.DB
	now      func() time.Time
	inFlight sync.Map // the keys of present calls of Once, by caller and key
}

// New returns the keys in db. They expire by the time of now.
func New(db *database.DB, now func() time.Time) *Keys { return &Keys{db: db, now: now} }

// keyRow is a row of idempotency_keys.
type keyRow struct {
	bun.BaseModel `bun:"table:idempotency_keys"`

	Caller      string
	Key         string
	Fingerprint []byte
	Status      int
	Header      map[string][]string `bun:"type:text"`
	Body        []byte
	ExpiresAt   model.Time
}

// Once calls act at most once for a key. The effect of act in its context and
// the answer are one transaction, so later calls find the answer. replayed
// reports whether the answer comes from an earlier call. If act fails, Once
// rolls back, returns the error, and leaves the key unused.
//
// Once returns an errs.Conflict error while another call has the key, and an
// errs.Invalid error for a key with another fingerprint.
func (k *Keys) Once(ctx context.Context, key Key, act func(context.Context) (*Answer, error)) (answer *Answer, replayed bool, err error) {
	// A waiting request would hold a connection. On SQLite, it would block the
	// only writer.
	id := [2]string{key.Caller, key.Key}
	if _, busy := k.inFlight.LoadOrStore(id, struct{}{}); busy {
		return nil, false, errInFlight
	}
	defer k.inFlight.Delete(id)

	err = tx.In(ctx, k.db, func(ctx context.Context, tx bun.Tx) error {
		now := model.NewTime(k.now())
		if err := k.claim(ctx, tx, key); err != nil {
			return err
		}
		earlier, err := earlierAnswer(ctx, tx, key, now)
		if earlier != nil || err != nil {
			answer, replayed = earlier, true
			return err
		}
		if answer, err = act(ctx); err != nil {
			return err
		}
		return keepAnswer(ctx, tx, key, answer, now)
	})
	return answer, replayed, database.Error(err, "act once for an idempotency key")
}

var errInFlight = errs.New(errs.Conflict, "A request with this Idempotency-Key is still in progress. Retry in a moment.")

// claim makes tx the only transaction with key. On SQLite, tx is the only
// writer anyway.
func (k *Keys) claim(ctx context.Context, tx bun.Tx, key Key) error {
	if !k.db.IsPostgres() {
		return nil
	}
	var mine bool
	err := tx.NewRaw("SELECT pg_try_advisory_xact_lock(hashtextextended(?, 7))", key.Caller+"\n"+key.Key).Scan(ctx, &mine)
	if err == nil && !mine {
		return errInFlight
	}
	return err
}

// earlierAnswer returns nil if key is unused or has expired.
func earlierAnswer(ctx context.Context, tx bun.Tx, key Key, now model.Time) (*Answer, error) {
	var rows []keyRow
	err := tx.NewSelect().Model(&rows).
		Where("caller = ?", key.Caller).Where("key = ?", key.Key).Where("expires_at > ?", now).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if string(rows[0].Fingerprint) != string(key.Fingerprint) {
		return nil, errs.InvalidFields(errs.Field{In: "header", Pointer: "Idempotency-Key", Message: "was already used for another request; make a new key for each request"})
	}
	return &Answer{Status: rows[0].Status, Header: rows[0].Header, Body: rows[0].Body}, nil
}

func keepAnswer(ctx context.Context, tx bun.Tx, key Key, a *Answer, now model.Time) error {
	row := &keyRow{
		Caller: key.Caller, Key: key.Key, Fingerprint: key.Fingerprint,
		Status: a.Status, Header: a.Header, Body: a.Body, ExpiresAt: model.NewTime(now.Std().Add(Lifetime)),
	}
	if row.Body == nil {
		row.Body = []byte{} // nil would be NULL
	}
	_, err := tx.NewInsert().Model(row).
		On("CONFLICT (caller, key) DO UPDATE"). // an expired key may still have a row
		Set("fingerprint = EXCLUDED.fingerprint").Set("status = EXCLUDED.status").Set("header = EXCLUDED.header").
		Set("body = EXCLUDED.body").Set("expires_at = EXCLUDED.expires_at").Exec(ctx)
	return err
}

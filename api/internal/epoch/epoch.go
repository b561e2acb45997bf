// Package epoch identifies the history of a database, in which the versions of
// its rows count.
package epoch

import (
	"context"
	"crypto/rand"
	"strings"
	"sync/atomic"

	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// known is the database's history from the last read.
type known struct {
	name     string
	connects uint64 // connections of the database before the read
}

// Reader reads the history of a database, and caches it until the database has
// a new connection. It is safe for concurrent use.
type Reader struct {
	db       *database.DB
	reserved *database.DB
	last     atomic.Pointer[known]
}

// New returns a Reader of db's history. It reads on reserved, which are
// connections to the same database without transactions. Requests in
// transactions can hold all connections of db. If each needed a second one,
// they would wait for each other.
func New(db, reserved *database.DB) *Reader { return &Reader{db: db, reserved: reserved} }

// Epoch returns a short name of the database's history, for ETags. The versions
// of rows go back with a restore, and with the promotion of a standby without
// the latest changes. The name is "" in the first history. While the history is
// unknown, the name is unique.
func (r *Reader) Epoch(ctx context.Context) string {
	connects := r.db.Connects()
	if last := r.last.Load(); last != nil && last.connects == connects {
		return last.name
	}
	name, err := r.read(ctx)
	if err != nil {
		return strings.ToLower(rand.Text()[:8])
	}
	r.last.Store(&known{name, connects})
	return name
}

// read compares the history with the first one, and stores the first one if
// necessary.
func (r *Reader) read(ctx context.Context) (string, error) {
	const attempt = "read the first history"
	name, err := r.reserved.History(ctx)
	if err != nil {
		return "", err
	}
	var first *string
	err = database.Error(tx.On(ctx, r.db).NewRaw("SELECT name FROM history").Scan(ctx, &first), attempt)
	switch {
	case errs.Is(err, errs.NotFound): // the schema has no history yet
		return "", nil
	case err != nil:
		return "", err
	case first == nil:
		// In the transaction of ctx, if there is one, because it may be the
		// only writer.
		_, err := tx.On(ctx, r.db).NewRaw("UPDATE history SET name = ? WHERE name IS NULL", name).Exec(ctx)
		return "", database.Error(err, attempt)
	case *first == name:
		return "", nil
	default:
		return name, nil
	}
}

// Package epoch names the history of a database, in which the versions of its
// rows count.
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

// known is the history of the database as it was last read.
type known struct {
	name     string
	connects uint64 // of the database, before it was read
}

// Reader reads the history of a database, and remembers it until the database
// has a new connection. It is safe for concurrent use.
type Reader struct {
	db       *database.DB
	reserved *database.DB
	last     atomic.Pointer[known]
}

// New returns a Reader of db's history, which asks for it on reserved: further
// connections to the same database that no transaction holds. Requests in
// transactions can hold all connections of db, and would wait for each other if
// each needed a second one.
func New(db, reserved *database.DB) *Reader { return &Reader{db: db, reserved: reserved} }

// Epoch returns a short name of the database's history, for ETags: their
// counters go back with a restore, and with the promotion of a standby that
// lacks the latest changes. It is "" in the first history. While the history is
// not known, the name is one that never comes again.
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

// read compares the history with the first one, which it notes if none is
// noted yet.
func (r *Reader) read(ctx context.Context) (string, error) {
	const attempt = "read the first history"
	name, err := r.reserved.History(ctx)
	if err != nil {
		return "", err
	}
	var first *string
	err = database.Error(tx.On(ctx, r.db).NewRaw("SELECT name FROM history").Scan(ctx, &first), attempt)
	switch {
	case errs.Is(err, errs.NotFound): // a schema without a history
		return "", nil
	case err != nil:
		return "", err
	case first == nil:
		// In the transaction of ctx, if there is one: it may have the only right to write.
		_, err := tx.On(ctx, r.db).NewRaw("UPDATE history SET name = ? WHERE name IS NULL", name).Exec(ctx)
		return "", database.Error(err, attempt)
	case *first == name:
		return "", nil
	default:
		return name, nil
	}
}

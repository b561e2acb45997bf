package testdb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
)

// ErrLost is the error of a connection that the server has reset.
var ErrLost error = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// A Fault fails statements. Without At and On it fails each of them.
type Fault struct {
	On    string // part of the SQL; a transaction begins with BEGIN and ends with COMMIT
	At    int    // which of these statements, from 1; 0 fails all of them
	Err   error  // nil is ErrLost
	Hang  bool   // waits for the end of the statement's context, whose error it returns
	After bool   // does the statement first, so that only its answer is lost
	Hit   func() // is called at the fault, before it hangs; may be nil
}

// Faults makes the statements of a database fail. It is safe for concurrent use.
type Faults struct {
	mu    sync.Mutex
	fault *Fault
	met   int // statements that fault.On is part of
	seen  []string
}

// Faulty returns the database db with a driver that fails as told. It tells the
// real driver nothing of a statement that fails before it is done, so that a
// transaction can go on if its caller drops the error.
//
// Statements that go to db.Pool itself are not seen: those of the API that read
// one record on Postgres, and River's notifications.
func Faulty(t testing.TB, db *database.DB) (*database.DB, *Faults) {
	t.Helper()
	f := new(Faults)
	sqldb := openFaulty(db.DB.DB, f)
	t.Cleanup(func() {
		if err := sqldb.Close(); err != nil {
			t.Error("close the faulty database:", err)
		}
	})
	faulty := *db
	faulty.DB = bun.NewDB(sqldb, db.Dialect())
	return &faulty, f
}

// Set replaces the fault and forgets the statements that it has seen.
func (f *Faults) Set(fault Fault) { f.reset(&fault) }

// Clear removes the fault and forgets the statements that it has seen.
func (f *Faults) Clear() { f.reset(nil) }

func (f *Faults) reset(fault *Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.met, f.seen = fault, 0, nil
}

// Seen returns the statements since Set or Clear, in their order.
func (f *Faults) Seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

// meet notes a statement and returns its fault, nil for none.
func (f *Faults) meet(query string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, query)
	if f.fault == nil || !strings.Contains(query, f.fault.On) {
		return nil
	}
	f.met++
	if f.fault.At != 0 && f.fault.At != f.met {
		return nil
	}
	return f.fault
}

// through does a statement, or what its fault makes of it. The result is the
// zero value unless the driver did the statement: with an error of its own, a
// driver may return a nil pointer in an interface, which is not nil.
func through[T any](ctx context.Context, f *Faults, query string, do func() (T, error)) (result T, err error) {
	fault := f.meet(query)
	if fault == nil || fault.After {
		done, err := do()
		if err != nil {
			return result, err
		}
		result = done
	}
	if fault == nil {
		return result, nil
	}
	return result, fault.error(ctx, query)
}

// hangs bounds a hang, so that a test of code that drops its context ends.
const hangs = 30 * time.Second

func (f *Fault) error(ctx context.Context, query string) error {
	if f.Hit != nil {
		f.Hit()
	}
	if !f.Hang {
		if f.Err == nil {
			return ErrLost
		}
		return f.Err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(hangs):
		return fmt.Errorf("the context of a hanging statement does not end: %.200s", query)
	}
}

// EachLost calls each of methods, by their names, on a database whose connection
// is lost, on each dialect. Each has to return that error as errs.Unavailable.
func EachLost(t *testing.T, methods func(db *database.DB) map[string]func(ctx context.Context) error) {
	t.Helper()
	Each(t, func(t *testing.T, db *database.DB) {
		faulty, faults := Faulty(t, db)
		for name, method := range methods(faulty) {
			faults.Set(Fault{})
			if err := method(t.Context()); !errors.Is(err, ErrLost) || !errs.Is(err, errs.Unavailable) {
				t.Errorf("%s: got %v, want the lost connection as Unavailable", name, err)
			}
		}
	})
}

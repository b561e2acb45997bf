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

// A Fault makes statements fail; without At and On, all of them.
type Fault struct {
	On    string // part of the SQL; a transaction begins with BEGIN and ends with COMMIT
	At    int    // the index of the failing statement among these, from 1; 0 for all
	Err   error  // nil is ErrLost
	Hang  bool   // waits until the statement's context ends, and returns its error
	After bool   // executes the statement first, so that only its answer is lost
	Hit   func() // is called at the fault, before it hangs; may be nil
}

// Faults makes the statements of a database fail. It is safe for concurrent use.
type Faults struct {
	mu    sync.Mutex
	fault *Fault
	met   int // number of statements that contain fault.On
	seen  []string
}

// Faulty returns the database db with a driver that fails as configured. The
// real driver does not see a statement that fails beforehand, so that a
// transaction can continue if its caller ignores the error.
//
// Statements that go to db.Pool itself bypass it: the API's reads of single
// records on Postgres, and River's notifications.
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

// Set replaces the fault and clears the list of seen statements.
func (f *Faults) Set(fault Fault) { f.reset(&fault) }

// Clear removes the fault and clears the list of seen statements.
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

// meet records a statement and returns its fault, or nil.
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

// through executes a statement, or its fault. The result is the zero value
// unless the driver executed the statement. With an error, a driver may return
// a nil pointer in an interface, which is not nil.
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

// hangs limits a hang, so that a test ends if the code drops its context.
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

// EachLost calls each of methods, by their names, on a database with a lost
// connection, on each dialect. Each must return that error as errs.Unavailable.
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

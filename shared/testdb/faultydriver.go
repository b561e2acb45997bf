package testdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// openFaulty opens a database on the connections of inner, with f in between.
func openFaulty(inner *sql.DB, f *Faults) *sql.DB {
	outer := sql.OpenDB(faultyConnector{inner, f})
	outer.SetMaxIdleConns(0) // inner keeps idle connections
	return outer
}

type faultyConnector struct {
	inner  *sql.DB
	faults *Faults
}

// Connect implements driver.Connector. It takes a connection from inner. inner
// gives that connection to no other caller until it is closed.
func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	held, err := c.inner.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var conn realConn
	err = held.Raw(func(driverConn any) error {
		var ok bool
		if conn, ok = driverConn.(realConn); !ok {
			return errors.New("a driver without the methods that take a context")
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return &faultyConn{conn, held, c.faults}, nil
}

// Driver implements driver.Connector.
func (c faultyConnector) Driver() driver.Driver { return c.inner.Driver() }

// realConn has the methods that both drivers implement.
type realConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

type faultyConn struct {
	realConn
	held   *sql.Conn
	faults *Faults
}

// Close returns the connection to inner.
func (c *faultyConn) Close() error { return c.held.Close() }

// CheckNamedValue implements driver.NamedValueChecker.
func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.realConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ExecContext implements driver.ExecerContext.
func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return through(ctx, c.faults, query, func() (driver.Result, error) {
		return c.realConn.ExecContext(ctx, query, args)
	})
}

// QueryContext implements driver.QueryerContext.
func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := through(ctx, c.faults, query, func() (driver.Rows, error) {
		return c.realConn.QueryContext(ctx, query, args)
	})
	if err != nil && rows != nil { // executed, but its answer is lost
		return nil, errors.Join(err, rows.Close())
	}
	return rows, err
}

// PrepareContext implements driver.ConnPrepareContext. A fault of a prepared
// statement occurs at its preparation.
func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return through(ctx, c.faults, query, func() (driver.Stmt, error) {
		return c.realConn.PrepareContext(ctx, query)
	})
}

// BeginTx implements driver.ConnBeginTx.
func (c *faultyConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := through(ctx, c.faults, "BEGIN", func() (driver.Tx, error) {
		return c.realConn.BeginTx(ctx, options)
	})
	if err != nil && tx != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if err != nil {
		return nil, err
	}
	return &faultyTx{tx, ctx, c.faults}, nil
}

type faultyTx struct {
	driver.Tx
	ctx    context.Context // the context of BEGIN; the driver gets no other
	faults *Faults
}

// Commit implements driver.Tx. A COMMIT that fails beforehand rolls back.
func (tx *faultyTx) Commit() error {
	_, err := through(tx.ctx, tx.faults, "COMMIT", func() (struct{}, error) {
		return struct{}{}, tx.Tx.Commit()
	})
	if err != nil {
		_ = tx.Rollback() // has no effect after a COMMIT
	}
	return err
}

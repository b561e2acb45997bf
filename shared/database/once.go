package database

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5/stdlib"
)

// errLost means that the outcome of a statement is unknown.
var errLost = errors.New("the connection was lost while a statement was under way")

// onceConnector makes connections that send each statement once. After
// driver.ErrBadConn, database/sql sends a statement again on another
// connection. With the simple protocol, pgx also returns that error when a
// connection breaks before the answer (pgconn.SafeToRetry of "conn closed").
// The server may have executed the statement, so an INSERT could run twice.
type onceConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c onceConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(errors.New("not a connection of pgx"), conn.Close())
	}
	return &onceConn{inner}, nil
}

type onceConn struct{ *stdlib.Conn }

// QueryContext implements driver.QueryerContext.
func (c *onceConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	open := !c.Conn.Conn().IsClosed()
	rows, err := c.Conn.QueryContext(ctx, query, args)
	return rows, once(open, err)
}

// ExecContext implements driver.ExecerContext.
func (c *onceConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	open := !c.Conn.Conn().IsClosed()
	result, err := c.Conn.ExecContext(ctx, query, args)
	return result, once(open, err)
}

// once passes driver.ErrBadConn on only if the connection was already closed
// when the statement began.
func once(open bool, err error) error {
	if open && errors.Is(err, driver.ErrBadConn) {
		return errLost
	}
	return err
}

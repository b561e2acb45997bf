package database

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Prepared is the first argument of a query on Postgres, through database/sql
// or Pool, with separate arguments. Each connection parses the statement once
// and plans it rarely. It is for the few most frequent statements. For a pooler
// without prepared statements, set default_query_exec_mode=exec in the URL.
func (db *DB) Prepared() pgx.QueryExecMode { return db.prepared }

// nameTypes registers the Postgres types of Go's types on conn, for statements
// that do not query their parameter types first. pgx's own list has a dozen
// forms of thirty types and costs each program 1.5 MB. The build tag
// nopgxregisterdefaulttypes omits that list from images.
func nameTypes(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	nameType[bool](types, "bool")
	nameType[int16](types, "int2")
	nameType[int32](types, "int4")
	nameType[int64](types, "int8")
	nameType[int](types, "int8")
	nameType[float64](types, "float8")
	nameType[string](types, "text")
	nameType[[]byte](types, "bytea")
	nameType[time.Time](types, "timestamptz")
	return nil
}

func nameType[T any](types *pgtype.Map, name string) {
	types.RegisterDefaultPgType(*new(T), name)
	types.RegisterDefaultPgType(new(T), name)
	types.RegisterDefaultPgType([]T(nil), "_"+name)
	types.RegisterDefaultPgType([]*T(nil), "_"+name)
}

package database

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Prepared is the first argument of a query on Postgres, through database/sql
// or Pool, whose arguments are sent apart from it: each connection parses it
// once and plans it rarely. It is for the few statements that are asked all the
// time. A pooler that cannot keep prepared statements is served by
// default_query_exec_mode=exec in the URL.
func (db *DB) Prepared() pgx.QueryExecMode { return db.prepared }

// nameTypes tells conn which Postgres types Go's are, for statements whose
// parameters the server is not asked about first. pgx has a list of its own, of
// a dozen forms of some thirty types, which takes a megabyte and a half of each
// program; images are built without it, by the tag nopgxregisterdefaulttypes.
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

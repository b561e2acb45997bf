package database

import (
	"github.com/jackc/pgx/v5"
)

// Prepared is the first argument of a query on Postgres, through database/sql
// or Pool, whose arguments are sent apart from it: each connection parses it
// once and plans it rarely. It is for the few statements that are asked all the
// time. A pooler that cannot keep prepared statements is served by
// default_query_exec_mode=exec in the URL.
func (db *DB) Prepared() pgx.QueryExecMode { return db.prepared }

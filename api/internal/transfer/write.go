package transfer

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The limits of a transaction, in rows and bytes. A killed target loses little
// work, and large rows need little memory.
const (
	chunkRows  = 5_000
	chunkBytes = 8 << 20
)

// copyTable copies the rows of t after the last one of the target, and returns
// their number. progress receives the number of the target's rows.
func copyTable(ctx context.Context, from *sql.Conn, to *pgxpool.Conn, t table, progress func(done int64)) (copied int64, err error) {
	last, there, err := lastKey(ctx, to, t)
	if err != nil {
		return 0, err
	}
	progress(there)
	rows, err := openSQLite(ctx, from, t, last)
	if err != nil {
		return 0, err
	}
	defer rows.close()
	for source := (&lines{cursor: rows}); !source.ended; {
		n, err := copyChunk(ctx, to, t, source)
		if err != nil {
			return copied, err
		}
		copied += n
		progress(there + copied)
	}
	return copied, nil
}

// lastKey returns the key of the last row of t in the target, or nil, and the
// number of rows.
func lastKey(ctx context.Context, to *pgxpool.Conn, t table) (last []value, rows int64, err error) {
	if err := to.QueryRow(ctx, "SELECT count(*) FROM "+quote(t.name)).Scan(&rows); err != nil || rows == 0 {
		return nil, 0, err
	}
	columns, order, into := make([]string, len(t.key)), postgres.key(t), make([]any, len(t.key))
	last = make([]value, len(t.key))
	for i, k := range t.key {
		columns[i], into[i] = postgres.column(t.columns[k]), &last[i]
		order[i] += " DESC"
	}
	query := fmt.Sprintf("SELECT %s FROM %s AS t ORDER BY %s LIMIT 1", strings.Join(columns, ", "), quote(t.name), strings.Join(order, ", "))
	return last, rows, to.QueryRow(ctx, query).Scan(into...)
}

// copyChunk copies the next rows of source in a transaction. No trigger runs,
// because the triggers' own rows are copied, too.
func copyChunk(ctx context.Context, to *pgxpool.Conn, t table, source *lines) (copied int64, err error) {
	err = pgx.BeginFunc(ctx, to, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER TABLE "+quote(t.name)+" DISABLE TRIGGER USER"); err != nil {
			return err
		}
		source.begin()
		tag, err := tx.Conn().PgConn().CopyFrom(ctx, source, "COPY "+quote(t.name)+" ("+t.names()+") FROM STDIN")
		if err != nil {
			return err
		}
		copied = tag.RowsAffected()
		_, err = tx.Exec(ctx, "ALTER TABLE "+quote(t.name)+" ENABLE TRIGGER USER")
		return err
	})
	return copied, err
}

// lines reads the rows of a cursor in the text form of COPY (PostgreSQL
// documentation, COPY, File Formats), chunk by chunk.
type lines struct {
	cursor *cursor
	ended  bool // there are no more rows
	rows   int  // in this chunk
	bytes  int
	buffer []byte // the unread rest of a row
	rest   []byte
}

// begin lets lines continue after the end of a chunk.
func (l *lines) begin() { l.rows, l.bytes = 0, 0 }

// Read implements io.Reader. It fills p with as many rows as fit.
func (l *lines) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(l.rest) == 0 {
			if err := l.line(); err != nil {
				if n > 0 && errors.Is(err, io.EOF) {
					return n, nil
				}
				return n, err
			}
		}
		moved := copy(p[n:], l.rest)
		l.rest = l.rest[moved:]
		n += moved
	}
	return n, nil
}

// line reads the next row into rest.
func (l *lines) line() error {
	if l.ended || l.rows == chunkRows || l.bytes >= chunkBytes {
		return io.EOF
	}
	if err := l.cursor.next(); err != nil {
		l.ended = errors.Is(err, io.EOF)
		return err
	}
	l.buffer = l.buffer[:0]
	for i, c := range l.cursor.table.columns {
		if i > 0 {
			l.buffer = append(l.buffer, '\t')
		}
		var err error
		if l.buffer, err = appendValue(l.buffer, c.kind, l.cursor.row[i]); err != nil {
			return fmt.Errorf("%s of %s: %w", c.name, l.cursor.name(), err)
		}
	}
	l.buffer = append(l.buffer, '\n')
	l.rest = l.buffer
	l.rows++
	l.bytes += len(l.buffer)
	return nil
}

func appendValue(line []byte, k kind, v value) ([]byte, error) {
	if !v.Valid {
		return append(line, `\N`...), nil
	}
	s := v.String
	switch k {
	case instant:
		s += "+00"
	case octets:
		s = `\x` + s
	case flags:
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil {
			return nil, errors.New("is not eight bits")
		}
		s = fmt.Sprintf("%08b", n)
	case texts, documents:
		var err error
		if s, err = array(k, s); err != nil {
			return nil, err
		}
	}
	return appendEscaped(line, s), nil
}

// array writes a JSON array in the form of a Postgres array.
func array(k kind, text string) (string, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal([]byte(text), &elements); err != nil {
		return "", errors.New("is not an array")
	}
	quoted := make([]string, len(elements))
	for i, raw := range elements {
		element := string(raw)
		if k == texts {
			if err := json.Unmarshal(raw, &element); err != nil {
				return "", errors.New("is not an array of texts")
			}
		}
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(element) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}", nil
}

func appendEscaped(line []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			line = append(line, `\\`...)
		case '\n':
			line = append(line, `\n`...)
		case '\r':
			line = append(line, `\r`...)
		case '\t':
			line = append(line, `\t`...)
		default:
			line = append(line, c)
		}
	}
	return line
}

package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgxpool"
)

// progressRows is the number of rows between two reports of progress.
const progressRows = 5_000

// checkTable reads t on both sides and compares the rows in order. It returns
// the digest of all rows, or an error that names the first different row.
func checkTable(ctx context.Context, from *sql.Conn, to *pgxpool.Conn, t table, progress func(done int64)) (digest [sha256.Size]byte, err error) {
	left, err := openSQLite(ctx, from, t, nil)
	if err != nil {
		return digest, fmt.Errorf("read the table %s of the source: %w", t.name, err)
	}
	defer left.close()
	right, err := openPostgres(ctx, to, t)
	if err != nil {
		return digest, fmt.Errorf("read the table %s of the target: %w", t.name, err)
	}
	defer right.close()
	all := sha256.New()
	for done := int64(1); ; done++ {
		row, err := compare(left, right)
		if errors.Is(err, io.EOF) {
			return [sha256.Size]byte(all.Sum(nil)), nil
		}
		if err != nil {
			return digest, fmt.Errorf("check the table %s: %w", t.name, err)
		}
		_, _ = all.Write(row[:])
		if done%progressRows == 0 {
			progress(done)
		}
	}
}

// compare returns the digest of the next row, if it is equal on both sides, or
// io.EOF at the end of both.
func compare(left, right *cursor) (digest [sha256.Size]byte, err error) {
	leftErr, rightErr := left.next(), right.next()
	switch {
	case leftErr != nil && !errors.Is(leftErr, io.EOF):
		return digest, leftErr
	case rightErr != nil && !errors.Is(rightErr, io.EOF):
		return digest, rightErr
	case leftErr != nil && rightErr != nil:
		return digest, io.EOF
	case leftErr != nil:
		return digest, &differs{right.name() + " is only in the target"}
	case rightErr != nil:
		return digest, &differs{left.name() + " is only in the source"}
	}
	for _, k := range left.table.key {
		if left.row[k] != right.row[k] {
			return digest, &differs{"where the source has " + left.name() + ", the target has " + right.name()}
		}
	}
	digest = digestOf(left.row)
	if digest == digestOf(right.row) {
		return digest, nil
	}
	for i, c := range left.table.columns {
		if left.row[i] != right.row[i] {
			return digest, &differs{left.name() + " differs in " + c.name}
		}
	}
	return digest, &differs{left.name() + " differs"}
}

// differs names the row of the target that differs from the source.
type differs struct{ row string }

func (d *differs) Error() string {
	return d.row + ": a program wrote to one of them since the copy began; stop the platform on both, empty the target (drop and create the database) and copy again"
}

// digestOf distinguishes rows, and NULL from an empty value.
func digestOf(row []value) [sha256.Size]byte {
	h := sha256.New()
	var length [binary.MaxVarintLen64]byte
	for _, v := range row {
		n := int64(-1)
		if v.Valid {
			n = int64(len(v.String))
		}
		_, _ = h.Write(length[:binary.PutVarint(length[:], n)])
		_, _ = io.WriteString(h, v.String)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

package items

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
)

// ExportItems calls each with every item that filter chooses, by id, as they
// all were at one moment. It holds one item at a time, which each must not
// keep, and a connection until it returns.
func (s *Store) ExportItems(ctx context.Context, filter Filter, each func(*items.Item) error) error {
	if !s.db.IsPostgres() {
		// One statement sees one state, and its transaction would be a writer's.
		return database.Error(s.eachItem(ctx, s.db, filter, each), "export items")
	}
	options := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err := s.db.RunInTx(ctx, options, func(ctx context.Context, tx bun.Tx) error {
		// The statement lasts for as long as the client takes.
		if _, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		return s.eachItem(ctx, tx, filter, each)
	})
	return database.Error(err, "export items")
}

func (s *Store) eachItem(ctx context.Context, db bun.IConn, filter Filter, each func(*items.Item) error) (err error) {
	rows, err := s.filtered(filter).Conn(db).Model((*items.Item)(nil)).Column(itemColumns...).Order("id").Rows(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		item := new(items.Item)
		if err := s.db.ScanRow(ctx, rows, item); err != nil {
			return err
		}
		if err := each(item); err != nil {
			return err
		}
	}
	return rows.Err()
}

package runs

import (
	"log/slog"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testdb"
)

// TestDueByTheDatabasesClock proves that a run is due by the database's clock,
// not by the clock of the inserting machine.
func TestDueByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "postgres")
	client, err := NewInserter(db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var now time.Time
	if err := tx.QueryRowContext(t.Context(), "SELECT now()").Scan(&now); err != nil {
		t.Fatal(err)
	}

	manual, err := InsertTx(t.Context(), client, tx.Tx, "test.task", Manual)
	if err != nil {
		t.Fatal(err)
	}
	due, err := InsertDue(t.Context(), client, tx.Tx, []Due{{Task: "test.task", At: now.Add(-time.Second)}})
	if err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]int64{"asked for": manual.ID, "by schedule": due[0]} {
		var state string
		var created, scheduled time.Time
		err := tx.QueryRowContext(t.Context(), "SELECT state, created_at, scheduled_at FROM river_job WHERE id = ?", id).Scan(&state, &created, &scheduled)
		if err != nil {
			t.Fatal(err)
		}
		if state != "available" || !created.Equal(now) || !scheduled.Equal(now) {
			t.Errorf("%s: %s, created at %v, due at %v, want available at %v, the transaction's time", what, state, created, scheduled, now)
		}
	}
}

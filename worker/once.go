package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/clock"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/worker/internal/task"
)

// RunTask makes one pass of the task called name in this process, for an
// operator. It ignores the schedule and records no run. It returns the number
// of affected rows.
func RunTask(ctx context.Context, cfg Config, name string) (rows int64, err error) {
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := schema.Check(ctx, db); err != nil {
		return 0, err
	}
	clk := clock.New(db.Now)
	if err := clk.Sync(ctx); err != nil {
		return 0, err
	}
	var names []string
	for _, t := range registered(cfg, db, clk.Now, nil) {
		if t.Name == name {
			return runOnce(ctx, cfg, t)
		}
		names = append(names, t.Name)
	}
	return 0, fmt.Errorf("there is no such task; the tasks are %s", strings.Join(names, ", "))
}

func runOnce(ctx context.Context, cfg Config, t task.Task) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	begin := time.Now()
	result, err := t.Run(ctx)
	cfg.Log.InfoContext(ctx, "pass", "task", t.Name, "rows_affected", result.RowsAffected, "duration_ms", time.Since(begin).Milliseconds(), "ok", err == nil)
	if err != nil {
		return result.RowsAffected, fmt.Errorf("task %s, after %d rows: %w", t.Name, result.RowsAffected, err)
	}
	return result.RowsAffected, nil
}

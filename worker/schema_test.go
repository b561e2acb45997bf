package worker

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fualab/fualab/shared/errs"
)

func TestAwaitSchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, begin, checks := new(journal), time.Now(), 0
		check := func(context.Context) error {
			if checks++; time.Since(begin) < time.Hour {
				return errs.New(errs.Unavailable, "no schema")
			}
			return nil
		}
		if err := awaitSchema(t.Context(), check, slog.New(slog.NewTextHandler(log, nil))); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != time.Hour || checks != 7201 {
			t.Errorf("there after %s and %d checks; want 1h and one every 500 ms", took, checks)
		}
		if n := len(log.lines("waiting for the database's schema")); n != 60 {
			t.Errorf("%d warnings in an hour, want one a minute", n)
		}
	})
}

func TestAwaitSchemaEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
		defer cancel()
		log := new(journal)
		check := func(context.Context) error { return errs.New(errs.Unavailable, "no schema") }
		err := awaitSchema(ctx, check, slog.New(slog.NewTextHandler(log, nil)))
		if !errors.Is(err, context.DeadlineExceeded) || len(log.lines("")) != 1 {
			t.Errorf("ended with %v; logged %s", err, log.lines(""))
		}
	})
}

package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/fualab/fualab/worker/internal/outage"
)

const (
	schemaPoll   = 500 * time.Millisecond
	schemaRemind = time.Minute
)

// awaitSchema returns nil after check does, and an error only when ctx ends
// first. It waits without a limit. The API may be migrating a large table, and
// a restarted worker would only wait again.
func awaitSchema(ctx context.Context, check func(context.Context) error, log *slog.Logger) error {
	wait := outage.Tracker{Every: schemaRemind}
	poll := time.NewTicker(schemaPoll)
	defer poll.Stop()
	for {
		err := check(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		now := time.Now()
		if err == nil {
			if lasted, waited := wait.Recovered(now); waited {
				log.InfoContext(ctx, "the database has its schema", "waited_seconds", lasted.Seconds())
			}
			return nil
		}
		if wait.Failed(now) {
			log.WarnContext(ctx, "waiting for the database's schema", "cause", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

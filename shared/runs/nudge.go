package runs

import (
	"context"
	"fmt"
	"strings"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/tracing"
)

// NudgeKey returns the key of task's notifications, a Redis list with at most
// one entry. A worker that takes the entry processes all available work of the
// task. A lost notification costs only the wait for the task's next sweep. Each
// task has its own list, so that tasks do not replace each other's
// notifications. A worker blocks on all lists at once (BRPOP); the braces put
// them into one slot of a cluster.
func NudgeKey(task string) string { return "fualab:{nudge}:" + task }

// ReadNudge returns the task of a notification, and a context below the
// sender's span.
func ReadNudge(ctx context.Context, nudge string) (below context.Context, task string) {
	task, parent, _ := strings.Cut(nudge, " ")
	return tracing.Below(ctx, parent), task
}

// SendNudge notifies a worker of new work of task, in one round trip. It
// replaces a notification for the same task that no worker has taken yet.
// Within a trace, the notification has the trace after a space.
func SendNudge(ctx context.Context, client *redis.Client, task string) error {
	pipe := client.Pipeline()
	pipe.LPush(ctx, NudgeKey(task), strings.TrimSpace(task+" "+tracing.Parent(ctx)))
	pipe.LTrim(ctx, NudgeKey(task), 0, 0)
	if err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("nudge %s: %w", task, err)
	}
	return nil
}

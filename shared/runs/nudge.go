package runs

import (
	"context"
	"fmt"
	"strings"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/tracing"
)

// NudgeKey returns the Redis list that says that task has work to do now. It is
// empty or has one entry: a worker that takes it looks for all the work there is,
// and a nudge that is lost costs no more than the wait for the task's next sweep.
// Each task has a list of its own, so that no nudge replaces another task's; a
// worker blocks on all of them (BRPOP), which the braces put into one slot of a
// cluster.
func NudgeKey(task string) string { return "fualab:{nudge}:" + task }

// ReadNudge returns the task of a nudge, and ctx below what has sent it.
func ReadNudge(ctx context.Context, nudge string) (below context.Context, task string) {
	task, parent, _ := strings.Cut(nudge, " ")
	return tracing.Below(ctx, parent), task
}

// SendNudge tells a worker that task has work to do, in one round trip. It
// replaces a nudge for the same task that no worker has taken yet. A nudge from within a trace
// carries it, behind a space.
func SendNudge(ctx context.Context, client *redis.Client, task string) error {
	pipe := client.Pipeline()
	pipe.LPush(ctx, NudgeKey(task), strings.TrimSpace(task+" "+tracing.Parent(ctx)))
	pipe.LTrim(ctx, NudgeKey(task), 0, 0)
	if err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("nudge %s: %w", task, err)
	}
	return nil
}

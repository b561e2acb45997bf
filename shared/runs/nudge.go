package runs

import (
	"context"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/tracing"
)

// EnrichTask is the task that a created or changed item waits for.
const EnrichTask = "items.enrich"

// NudgeKey is the Redis list that holds the task which has work to do now, or
// nothing. A worker blocks on its end (BRPOP). It never holds more than one
// entry: a worker that takes it looks for all the work there is, and a nudge
// that is lost costs no more than the wait for the task's next sweep.
const NudgeKey = "fualab:nudge"

// ReadNudge returns the task of a nudge, and ctx below what has sent it.
func ReadNudge(ctx context.Context, nudge string) (below context.Context, task string) {
	task, parent, _ := strings.Cut(nudge, " ")
	return tracing.Below(ctx, parent), task
}

// SendNudge tells a worker that task has work to do, in one round trip. It
// replaces a nudge that no worker has taken yet. A nudge from within a trace
// carries it, behind a space.
func SendNudge(ctx context.Context, client redis.Client, task string) error {
	_, err := client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		p.LPush(ctx, NudgeKey, strings.TrimSpace(task+" "+tracing.Parent(ctx)))
		p.LTrim(ctx, NudgeKey, 0, 0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("nudge %s: %w", task, err)
	}
	return nil
}

// Package nudge turns the API's nudges into runs, so that a task sees a change
// within a second. A nudge may be lost, with Redis or without: the
// task's schedule finds what it left.
package nudge

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/outage"
)

const (
	// patience is how long one wait for a nudge takes at most. Nothing cuts a
	// wait short, so it is also what a worker that stops may have to wait.
	patience = time.Second
	// answerTime is how much longer an answer may take. Left to itself, the
	// client waits for one for ten seconds, and a worker that stops with it.
	answerTime = 2 * time.Second
	// gap is the least time between two runs that nudges make: what arrives
	// meanwhile is one run's work.
	gap = 250 * time.Millisecond
	// pause is how long to leave a Redis alone that does not answer.
	pause = time.Second
	// handOnTime bounds giving back a nudge that came too late.
	handOnTime = time.Second
	// remindEvery is how often a Redis that stays away is logged.
	remindEvery = time.Minute
)

// Config configures a Listener.
type Config struct {
	Redis *redis.Client
	Tasks []string // those that may be nudged
	// Insert makes a run of task, unless one is waiting already.
	Insert func(ctx context.Context, task string) error
	Now    func() time.Time
	Log    *slog.Logger
}

// Listen takes nudges until ctx ends. Of several listeners, one gets each.
func Listen(ctx context.Context, cfg Config) {
	lost := outage.Tracker{Every: remindEvery}
	keys := make([]string, len(cfg.Tasks))
	for i, task := range cfg.Tasks {
		keys[i] = runs.NudgeKey(task)
	}
	for ctx.Err() == nil {
		taken, err := take(ctx, cfg.Redis, keys)
		from, task := runs.ReadNudge(ctx, taken)
		if ctx.Err() != nil {
			handOn(from, cfg, task)
			return
		}
		if err == nil && slices.Contains(cfg.Tasks, task) {
			err = cfg.Insert(from, task)
		}
		wait := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if wait = pause; lost.Failed(cfg.Now()) {
				cfg.Log.WarnContext(ctx, "nudges are not heard; schedules go on", "error", err)
			}
		default:
			if lasted, ended := lost.Recovered(cfg.Now()); ended {
				cfg.Log.InfoContext(ctx, "nudges are heard again", "after_seconds", lasted.Seconds())
			}
			if task != "" {
				wait = gap
			}
		}
		sleep(ctx, wait)
	}
}

// take waits for a nudge and returns it, "" for none. Redis looks at the keys in
// their order: the one that had a nudge goes to the end, so that a task with many
// does not keep others from theirs.
func take(ctx context.Context, client *redis.Client, keys []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+answerTime)
	defer cancel()
	popped, err := client.BRPop(ctx, patience, keys...)
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil || len(popped) != 2 {
		return "", err
	}
	if i := slices.Index(keys, popped[0]); i >= 0 {
		copy(keys[i:], keys[i+1:])
		keys[len(keys)-1] = popped[0]
	}
	return popped[1], nil
}

// handOn gives the nudge for task, if there is one, to another worker: this one
// stops. The schedule finds what it fails to give.
func handOn(ctx context.Context, cfg Config, task string) {
	if task == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOnTime)
	defer cancel()
	if err := runs.SendNudge(ctx, cfg.Redis, task); err != nil {
		cfg.Log.WarnContext(ctx, "a nudge is lost; the schedule finds what it was for", "task", task, "error", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Package nudge turns the API's notifications into runs, so that a task sees a
// change within a second. A notification may be lost, with Redis or without.
// The task's schedule then finds the work.
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
	// patience is the longest wait for a notification. No signal interrupts the
	// wait, so a stopping worker may have to wait as long.
	patience = time.Second
	// answerTime is the additional time for the answer of Redis. The client's
	// default of ten seconds would delay a stopping worker.
	answerTime = 2 * time.Second
	// gap is the least time between two runs from notifications. Notifications
	// in between are the work of one run.
	gap = 250 * time.Millisecond
	// pause is the time between two tries to reach a lost Redis.
	pause = time.Second
	// handOnTime is the limit of the return of a late notification.
	handOnTime = time.Second
	// remindEvery is the time between two log lines about a lost Redis.
	remindEvery = time.Minute
)

// Config configures a Listener.
type Config struct {
	Redis *redis.Client
	Tasks []string // the tasks that accept notifications
	// Insert inserts a run of task, unless one is already waiting.
	Insert func(ctx context.Context, task string) error
	Now    func() time.Time
	Log    *slog.Logger
}

// Listen takes notifications until ctx ends. With several listeners, one of
// them gets each notification.
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
				cfg.Log.WarnContext(ctx, "cannot receive notifications; schedules continue", "error", err)
			}
		default:
			if lasted, ended := lost.Recovered(cfg.Now()); ended {
				cfg.Log.InfoContext(ctx, "notifications arrive again", "after_seconds", lasted.Seconds())
			}
			if task != "" {
				wait = gap
			}
		}
		sleep(ctx, wait)
	}
}

// take waits for a notification and returns it, or "". Redis checks the keys in
// order. So the key with a notification moves to the end, and a task with many
// does not block the others.
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

// handOn gives the notification for task, if any, to another worker, because
// this one stops. If that fails, the schedule finds the work.
func handOn(ctx context.Context, cfg Config, task string) {
	if task == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOnTime)
	defer cancel()
	if err := runs.SendNudge(ctx, cfg.Redis, task); err != nil {
		cfg.Log.WarnContext(ctx, "a notification is lost; the schedule finds its work", "task", task, "error", err)
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

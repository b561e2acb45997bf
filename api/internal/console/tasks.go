package console

import (
	"context"
	"sync"
	"time"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/objective"
)

type tasksHealth struct {
	Status  string        `json:"status" enum:"ok,overdue,unknown" doc:"overdue: a task that is not paused has had no success for three of its declared intervals."`
	Overdue []overdueTask `json:"overdue" doc:"The overdue tasks, by name. Each has an alert."`
}

type overdueTask struct {
	Task         string      `json:"task"`
	LastSuccess  *model.Time `json:"last_success" format:"date-time" nullable:"true" doc:"End of the task's last successful run; null if no kept run has succeeded."`
	LimitSeconds float64     `json:"limit_seconds" example:"180" doc:"Longest allowed time without a success, in seconds."`
}

// checkTasks finds the overdue tasks: by objective.Silence, these tasks have an
// alert.
func (h *healthHandlers) checkTasks(ctx context.Context) tasksHealth {
	ctx, cancel := context.WithTimeout(ctx, health.Timeout)
	defer cancel()
	out := tasksHealth{Status: "ok", Overdue: []overdueTask{}}
	health, err := h.schedules.TaskHealth(ctx)
	if err != nil {
		return tasksHealth{Status: "unknown", Overdue: out.Overdue}
	}
	for _, p := range health {
		limit := h.overdueLimits.of(p.DeclaredCron, p.DeclaredTimeZone)
		last, err := h.lastSuccess(ctx, p, h.now().Add(-limit))
		since := p.UpdatedAt // the start for a new task
		if last != nil {
			since = *last
		}
		switch {
		case err != nil:
			out.Status = "unknown"
		case h.now().Sub(since.Std()) > limit:
			out.Overdue = append(out.Overdue, overdueTask{Task: p.Name, LastSuccess: last, LimitSeconds: limit.Seconds()})
		}
	}
	if len(out.Overdue) > 0 {
		out.Status = "overdue"
	}
	return out
}

// lastSuccess returns the time of the last success of p's task, or nil.
// Usually, the schedule's newest run has succeeded after the given time. Only
// otherwise it reads all runs, because a run of a user, of a notification or of
// an earlier due time may have succeeded.
func (h *healthHandlers) lastSuccess(ctx context.Context, p taskHealth, after time.Time) (last *model.Time, err error) {
	if p.SucceededAt != nil && p.SucceededAt.Std().After(after) {
		return p.SucceededAt, nil
	}
	at, err := h.runs.LastSuccess(ctx, p.Name)
	if err == nil {
		last = &at
	} else if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return last, err
}

// overdueLimits caches the longest time without a success for each schedule, because
// its computation needs thousands of due times. It is safe for concurrent use.
type overdueLimits struct{ known sync.Map }

func (s *overdueLimits) of(expression, zone string) time.Duration {
	key := zone + " " + expression
	if limit, ok := s.known.Load(key); ok {
		return limit.(time.Duration)
	}
	limit := 100 * 365 * 24 * time.Hour // an unreadable expression is never due; the worker logs that
	if spec, err := cron.Parse(expression, zone); err == nil {
		// From a fixed time, as in the limits of the alerts.
		limit = objective.Silence(spec.Interval(objective.From))
	}
	s.known.Store(key, limit)
	return limit
}

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
	Overdue []overdueTask `json:"overdue" doc:"Those tasks, by name. An alert is on each."`
}

type overdueTask struct {
	Task         string      `json:"task"`
	LastSuccess  *model.Time `json:"last_success" format:"date-time" nullable:"true" doc:"When a run of it last succeeded; null if none that is kept has."`
	LimitSeconds float64     `json:"limit_seconds" example:"180" doc:"How long it may be without one."`
}

// checkTasks finds the tasks of which objective.Silence says that an alert is
// on them.
func (h *healthHandlers) checkTasks(ctx context.Context) tasksHealth {
	ctx, cancel := context.WithTimeout(ctx, health.Timeout)
	defer cancel()
	out := tasksHealth{Status: "ok", Overdue: []overdueTask{}}
	pulses, err := h.schedules.Pulses(ctx)
	if err != nil {
		return tasksHealth{Status: "unknown", Overdue: out.Overdue}
	}
	for _, p := range pulses {
		limit := h.silences.of(p.DeclaredCron, p.DeclaredTimeZone)
		last, err := h.lastSuccess(ctx, p, h.now().Add(-limit))
		since := p.UpdatedAt // of a task that is new
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

// lastSuccess returns when p's task last succeeded; nil is never. Only where
// the schedule's newest run does not tell of a success after a time it looks
// at all runs: one by hand, a nudge's or an earlier one may have succeeded.
func (h *healthHandlers) lastSuccess(ctx context.Context, p pulse, after time.Time) (last *model.Time, err error) {
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

// silences remembers how long tasks may be without a success: to find that of
// a schedule takes thousands of its due times. It is safe for concurrent use.
type silences struct{ known sync.Map }

func (s *silences) of(expression, zone string) time.Duration {
	key := zone + " " + expression
	if limit, ok := s.known.Load(key); ok {
		return limit.(time.Duration)
	}
	limit := 100 * 365 * 24 * time.Hour // of what nobody can read, which is not due: the worker's log says so
	if spec, err := cron.Parse(expression, zone); err == nil {
		// From a fixed time, as the alerts' limits.
		limit = objective.Silence(spec.Interval(objective.From))
	}
	s.known.Store(key, limit)
	return limit
}

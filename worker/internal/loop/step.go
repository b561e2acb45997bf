package loop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/fualab/fualab/shared/errs"
)

// panicked is the error of a step that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// take runs step within its time. A panic becomes an error.
func (l *Loop) take(ctx context.Context, step Step, turn Turn) (err error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.StepTime)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v, debug.Stack()}
		}
	}()
	return step.Run(ctx, turn)
}

// report logs a change of the i-th step's state. An error because the loop
// stops is not a failure.
func (l *Loop) report(ctx context.Context, i int, now time.Time, err error) {
	name, tracker := l.cfg.Steps[i].Name, &l.outages[i]
	if err == nil {
		if lasted, ended := tracker.Recovered(now); ended {
			l.cfg.Log.InfoContext(ctx, "the step succeeds again", "step", name, "failed_for_seconds", lasted.Seconds())
		}
		return
	}
	var p *panicked
	isPanic := errors.As(err, &p)
	if (ctx.Err() != nil && !isPanic) || !tracker.Failed(now) {
		return
	}
	level, attrs := slog.LevelError, []any{"step", name, "error", err}
	if errs.Is(err, errs.Unavailable) {
		level = slog.LevelWarn // may be temporary
	}
	if isPanic {
		attrs = append(attrs, "stack", string(p.stack))
	}
	l.cfg.Log.Log(ctx, level, "the step failed; the next turn tries again", attrs...)
}

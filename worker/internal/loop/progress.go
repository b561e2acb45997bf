package loop

import (
	"sync"
	"time"
)

// Progress is the progress of a loop.
type Progress struct {
	Advanced time.Time     // time at which a turn last began or a step last ended; zero before the first turn
	LastTurn time.Time     // end of the last complete turn; zero before that
	Lag      time.Duration // delay of the last turn
	Step     string        // the present step, "" for none
}

// Begun reports whether the loop has begun a turn.
func (p Progress) Begun() bool { return !p.Advanced.IsZero() }

// Progress returns the progress of the loop.
func (l *Loop) Progress() Progress {
	l.progress.mu.Lock()
	defer l.progress.mu.Unlock()
	return l.progress.Progress
}

// Healthy reports whether the loop has advanced within three ticks of now. A
// loop without a turn is healthy, because it may have to wait before it can
// begin.
func (l *Loop) Healthy(now time.Time) bool {
	p := l.Progress()
	return !p.Begun() || now.Sub(p.Advanced) < stuckAfter*l.cfg.Tick
}

// progress is written by the loop, and read by any goroutine.
type progress struct {
	mu sync.Mutex
	Progress
}

func (p *progress) begin(turn Turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Advanced, p.Lag = turn.Began, turn.Lag
}

func (p *progress) enter(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Step = step
}

func (p *progress) leave(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Advanced, p.Step = now, ""
}

func (p *progress) finish(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Advanced, p.LastTurn = now, now
}

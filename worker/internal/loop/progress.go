package loop

import (
	"sync"
	"time"
)

// Progress is how far a loop has got.
type Progress struct {
	Advanced time.Time     // when a turn last began or a step last ended; zero before the first turn
	LastTurn time.Time     // when the last whole turn ended; zero before that
	Lag      time.Duration // how late the last turn began
	Step     string        // the step being taken, "" for none
}

// Begun reports whether the loop has turned at all.
func (p Progress) Begun() bool { return !p.Advanced.IsZero() }

// Progress returns how far the loop has got.
func (l *Loop) Progress() Progress {
	l.progress.mu.Lock()
	defer l.progress.mu.Unlock()
	return l.progress.Progress
}

// Healthy reports whether the loop has advanced within three ticks of now. A
// loop that has not begun is healthy: it may have to wait before it can.
func (l *Loop) Healthy(now time.Time) bool {
	p := l.Progress()
	return !p.Begun() || now.Sub(p.Advanced) < stuckAfter*l.cfg.Tick
}

// progress is written by the loop and read by whoever asks.
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

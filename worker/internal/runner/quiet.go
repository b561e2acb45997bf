package runner

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// remindEvery is the time between two equal log lines of River.
const remindEvery = time.Minute

// quiet passes on only River's warnings and errors, each message once a minute.
// While the database is down, each of River's services fails again and again.
// The runner itself logs a line for each run.
type quiet struct {
	slog.Handler
	said *said
}

type said struct {
	now func() time.Time

	mu       sync.Mutex
	messages map[string]message
}

type message struct {
	at   time.Time // time of the last line
	held int       // number of suppressed lines since then
}

func newQuiet(h slog.Handler, now func() time.Time) quiet {
	return quiet{h, &said{now: now, messages: make(map[string]message)}}
}

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

func (q quiet) Handle(ctx context.Context, record slog.Record) error {
	held, ok := q.said.pass(record.Message)
	if !ok {
		return nil
	}
	if held > 0 {
		record = record.Clone()
		record.AddAttrs(slog.Int("held_back", held))
	}
	return q.Handler.Handle(ctx, record)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(attrs), q.said}
}

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name), q.said} }

// pass reports whether to log text, and the number of suppressed lines since
// the last one.
func (s *said) pass(text string) (held int, ok bool) {
	const most = 100 // nearly all messages of River are constants
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	m, known := s.messages[text]
	if known && now.Sub(m.at) < remindEvery {
		m.held++
		s.messages[text] = m
		return 0, false
	}
	if len(s.messages) == most {
		clear(s.messages)
	}
	s.messages[text] = message{at: now}
	return m.held, true
}

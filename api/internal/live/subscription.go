package live

import (
	"context"
	"sync"
)

// Subscription is one subscriber's place in the stream. Subscribe makes it,
// and the caller must Close it. Its methods are for one goroutine.
type Subscription struct {
	hub  *Hub
	from ID // the hub's position when this began

	// At is the position before the first message, Live whether Redis
	// answered then.
	At   ID
	Live bool

	ready chan struct{} // holds one while there may be messages

	mu      sync.Mutex
	replay  []Message // goes before what waits
	waiting []Message // at most buffered
	after   ID        // what is not behind it has been replayed
}

// Resume has everything that came after id come first, in order, with no gap
// before what follows and nothing twice. Where that cannot be, because the
// stream no longer has it or it is too much, one reset comes instead. It must
// be called before the first Take.
func (s *Subscription) Resume(ctx context.Context, id ID) {
	s.At = id
	if !s.Live || id == s.from {
		return // a reset comes with Redis' return; or nothing was missed
	}
	replay, last, err := s.since(ctx, id)
	if err != nil {
		// The client reads everything anew, whatever the reason was.
		replay, last = []Message{resetMessage(s.from)}, s.from
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.waiting
	s.replay, s.waiting, s.after = replay, nil, last
	for _, m := range waiting {
		s.add(m)
	}
}

// since returns what came after id and the last one's id, or errGone also for
// an id of another history.
func (s *Subscription) since(ctx context.Context, id ID) ([]Message, ID, error) {
	if id.history != s.from.history {
		return nil, ID{}, errGone
	}
	return s.hub.stream.since(ctx, id, s.hub.tell)
}

// Ready returns a channel that holds a value when Take may have messages.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Ended returns a channel that is closed when the hub has stopped and nothing
// more comes.
func (s *Subscription) Ended() <-chan struct{} { return s.hub.ended }

// Take returns what has come since the last call, in order.
func (s *Subscription) Take() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := append(s.replay, s.waiting...)
	s.replay, s.waiting = nil, nil
	return messages
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subscribers, s)
}

// push adds messages and never waits.
func (s *Subscription) push(messages []Message) {
	s.mu.Lock()
	for _, m := range messages {
		s.add(m)
	}
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// add needs s.mu. After a reset of the hub's own, ids may begin anew.
func (s *Subscription) add(m Message) {
	switch {
	case m.made:
		s.after = ID{}
	case m.Name != StatusName && !s.after.Before(m.ID):
		return
	}
	s.waiting = append(s.waiting, m)
	if len(s.waiting) > buffered {
		s.waiting = shortened(s.waiting)
	}
}

// shortened is what a subscriber gets that has not kept up: one reset for all
// events, after the newest status.
func shortened(waiting []Message) []Message {
	var short []Message
	last := ID{}
	for _, m := range waiting {
		if m.Name == StatusName {
			short = []Message{m}
		} else {
			last = m.ID
		}
	}
	return append(short, resetMessage(last))
}

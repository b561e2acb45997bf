package live

import (
	"context"
	"sync"
)

// Subscription is one subscriber's position in the stream. Subscribe makes it,
// and the caller must Close it. Its methods are for one goroutine.
type Subscription struct {
	hub  *Hub
	from ID // the hub's position at the beginning

	// At is the position before the first message. Live reports whether Redis
	// answered then.
	At   ID
	Live bool

	ready chan struct{} // has a value while there may be messages

	mu      sync.Mutex
	replay  []Message // comes before waiting
	waiting []Message // at most buffered
	after   ID        // events up to it were replayed
}

// Resume first replays all events after id, in order. No event is missing
// before the new ones, and none comes twice. If that is impossible, because the
// stream has lost events or has too many, one reset comes instead. Call it
// before the first Take.
func (s *Subscription) Resume(ctx context.Context, id ID) {
	s.At = id
	if !s.Live || id == s.from {
		return // no event was missed, or a reset comes when Redis returns
	}
	replay, last, err := s.since(ctx, id)
	if err != nil {
		// Whatever the reason, the client reads all data anew.
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

// since returns the events after id and the last id, or errGone. errGone also
// covers an id of another history.
func (s *Subscription) since(ctx context.Context, id ID) ([]Message, ID, error) {
	if id.history != s.from.history {
		return nil, ID{}, errGone
	}
	return s.hub.stream.since(ctx, id, s.hub.tell)
}

// Ready returns a channel that holds a value when Take may have messages.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Ended returns a channel that is closed after the hub has stopped. Then no
// message follows.
func (s *Subscription) Ended() <-chan struct{} { return s.hub.ended }

// Take returns the messages since the last call, in order.
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

// shortened returns the messages of a subscriber that is too slow: the newest
// status, and one reset for all events.
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

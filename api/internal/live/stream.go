package live

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/redis"
)

const (
	// patience is the time that one read waits for an event. go-redis cannot
	// cancel a read, so a stop may take as long.
	patience = 250 * time.Millisecond
	// commandTimeout is the time limit of a Redis command.
	commandTimeout = time.Second
	// atOnce is the largest number of entries of one read.
	atOnce = 128
	// lookEvery is the time between two looks at the end of a quiet stream.
	lookEvery = 2 * time.Second

	// mostReplayed is the largest number of missed events that a subscriber
	// gets.
	mostReplayed = 1000
	// replaysAtOnce leaves connections for others when all clients reconnect at
	// the same time. replayTimeout limits the wait for a replay.
	replaysAtOnce = 4
	replayTimeout = 3 * time.Second
)

// errGone means that the stream cannot replay all events after an id.
var errGone = errors.New("the stream lacks events after the id, or has too many of them")

// stream is the stream of events in Redis.
type stream struct {
	client  *redis.Client
	replays chan struct{} // has one value for each present replay
}

func newStream(client *redis.Client) stream {
	return stream{client, make(chan struct{}, replaysAtOnce)}
}

// entry is an entry of the stream with its parsed id.
type entry struct {
	id ID
	goredis.XMessage
}

func entriesOf(messages []goredis.XMessage, history string) ([]entry, error) {
	entries := make([]entry, len(messages))
	for i, m := range messages {
		id, err := ParseID(m.ID)
		if err != nil {
			return nil, err
		}
		entries[i] = entry{id.of(history), m}
	}
	return entries, nil
}

// next returns the entries after id, or none if none arrives in time.
func (s stream) next(ctx context.Context, id ID) ([]entry, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+commandTimeout)
	defer cancel()
	streams, err := s.client.XRead(ctx, goredis.XReadArgs{Streams: []string{events.Stream}, ID: id.Entry(), Count: atOnce, Block: patience})
	if errors.Is(err, redis.Nil) {
		return []entry{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the events after %s: %w", id, err)
	}
	if len(streams) != 1 {
		return nil, fmt.Errorf("read the events after %s: %d streams came", id, len(streams))
	}
	return entriesOf(streams[0].Messages, id.history)
}

// end returns the id of the last entry in the present history, or the zero ID
// of that history for an empty stream.
func (s stream) end(ctx context.Context) (ID, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	last, err := s.client.XRevRangeN(ctx, events.Stream, "+", "-", 1)
	if err != nil {
		return ID{}, fmt.Errorf("find the last event: %w", err)
	}
	history, err := s.history(ctx)
	if err != nil {
		return ID{}, err
	}
	if len(last) == 0 {
		return ID{}.of(history), nil
	}
	id, err := ParseID(last[0].ID)
	return id.of(history), err
}

// runID matches the server's id in INFO, which changes with each start.
var runID = regexp.MustCompile(`(?m)^run_id:([0-9a-f]{8})`)

// history returns the name of the present run of the stream's server, or "" for
// a server without one. It uses a script with the stream's key, because a
// cluster routes it to the right server.
func (s stream) history(ctx context.Context) (string, error) {
	const ask = "return redis.call('INFO', 'server')"
	info, err := s.client.Do(ctx, "EVAL", ask, "1", s.client.Key(events.Stream))
	var refused goredis.Error
	if errors.As(err, &refused) { // it answers, but does not know INFO
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the server's run id: %w", err)
	}
	text, _ := info.(string)
	if found := runID.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", nil
}

// since returns the events after id and the last id, or errGone. It passes each
// event to tell, because observers may not have received the newest ones.
func (s stream) since(ctx context.Context, id ID, tell func(events.Event)) ([]Message, ID, error) {
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	select {
	case s.replays <- struct{}{}:
		defer func() { <-s.replays }()
	case <-ctx.Done():
		return nil, ID{}, ctx.Err()
	}
	// One entry more than the limit shows whether there are more.
	found, err := s.client.XRangeN(ctx, events.Stream, id.Entry(), "+", 1+mostReplayed+1)
	if err != nil {
		return nil, ID{}, fmt.Errorf("read the events since %s: %w", id, err)
	}
	entries, err := entriesOf(found, id.history)
	if err != nil {
		return nil, ID{}, err
	}
	if len(entries) == 0 || entries[0].id != id || len(entries) > 1+mostReplayed {
		return nil, ID{}, errGone
	}
	messages := make([]Message, len(entries)-1)
	for i, e := range entries[1:] {
		var event events.Event
		messages[i], event, _ = messageOf(e) // the hub logs the error when it reads the entry
		tell(event)
	}
	return messages, entries[len(entries)-1].id, nil
}

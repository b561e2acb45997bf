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
	// patience is how long one read waits for an event. go-redis cannot call
	// it off, so that a stop may take as long.
	patience = 250 * time.Millisecond
	// commandTimeout is how long Redis may take to answer.
	commandTimeout = time.Second
	// atOnce bounds what one read brings.
	atOnce = 128
	// lookEvery is how often the end of a quiet stream is looked at.
	lookEvery = 2 * time.Second

	// mostReplayed is how many events one subscriber is given that it missed.
	mostReplayed = 1000
	// replaysAtOnce leaves connections for others when all clients come back
	// at the same time; replayTimeout bounds the queue.
	replaysAtOnce = 4
	replayTimeout = 3 * time.Second
)

// errGone says that the stream does not have all that came after an id.
var errGone = errors.New("the stream does not have all that came after the id, or has too much")

// stream is the stream in Redis.
type stream struct {
	client  *redis.Client
	replays chan struct{} // holds one for each replay in progress
}

func newStream(client *redis.Client) stream {
	return stream{client, make(chan struct{}, replaysAtOnce)}
}

// entry is one of the stream's, with its id read.
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

// next returns what comes after id, nothing if nothing comes for a while.
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

// end returns the id of the last entry in the present history; for an empty
// stream one before every entry.
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

// runID is how a server names its life in INFO: anew with each start.
var runID = regexp.MustCompile(`(?m)^run_id:([0-9a-f]{8})`)

// history returns the name of the present life of the server that has the
// stream, "" for a server that has none. A script asks for it, so that a
// cluster leads to the stream's server.
func (s stream) history(ctx context.Context) (string, error) {
	const ask = "return redis.call('INFO', 'server')"
	info, err := s.client.Do(ctx, "EVAL", ask, "1", s.client.Key(events.Stream))
	var refused goredis.Error
	if errors.As(err, &refused) { // it answers, and knows no INFO
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask for the server's life: %w", err)
	}
	text, _ := info.(string)
	if found := runID.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", nil
}

// since returns what came after id and the last one's id, or errGone. It tells
// of each event: some may be too new for anybody to have told.
func (s stream) since(ctx context.Context, id ID, tell func(events.Event)) ([]Message, ID, error) {
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	select {
	case s.replays <- struct{}{}:
		defer func() { <-s.replays }()
	case <-ctx.Done():
		return nil, ID{}, ctx.Err()
	}
	// One more than is given tells whether there are more.
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
		messages[i], event, _ = messageOf(e) // the log hears of it when it comes
		tell(event)
	}
	return messages, entries[len(entries)-1].id, nil
}

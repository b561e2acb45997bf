package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Pipeline gathers commands that Exec sends in one round trip, without a
// transaction. It is not safe for concurrent use.
type Pipeline struct {
	client *Client
	queue  queue
}

// queue is the part of go-redis' Pipeliner that Pipeline uses.
type queue interface {
	Set(ctx context.Context, key string, value any, expiration time.Duration) *goredis.StatusCmd
	LPush(ctx context.Context, key string, values ...any) *goredis.IntCmd
	LTrim(ctx context.Context, key string, start, stop int64) *goredis.StatusCmd
	XAdd(ctx context.Context, a *goredis.XAddArgs) *goredis.StringCmd
	Exec(ctx context.Context) ([]goredis.Cmder, error)
}

// Pipeline returns an empty Pipeline.
func (c *Client) Pipeline() Pipeline { return Pipeline{c, c.pipeline()} }

// Set sets key to value for ttl, or permanently if ttl is 0.
func (p Pipeline) Set(ctx context.Context, key string, value any, ttl time.Duration) {
	p.queue.Set(ctx, p.client.Key(key), value, ttl)
}

// LPush puts values in front of the list at key.
func (p Pipeline) LPush(ctx context.Context, key string, values ...any) {
	p.queue.LPush(ctx, p.client.Key(key), values...)
}

// LTrim keeps the values from start to stop of the list at key.
func (p Pipeline) LTrim(ctx context.Context, key string, start, stop int64) {
	p.queue.LTrim(ctx, p.client.Key(key), start, stop)
}

// XAdd appends an entry to a stream.
func (p Pipeline) XAdd(ctx context.Context, args goredis.XAddArgs) {
	args.Stream = p.client.Key(args.Stream)
	p.queue.XAdd(ctx, &args)
}

// Exec sends the commands, if any, and returns the first error.
func (p Pipeline) Exec(ctx context.Context) error {
	_, err := p.queue.Exec(ctx)
	return err
}

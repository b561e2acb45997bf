package redis

import (
	"context"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Client is a client of one server, a sentinel group or a cluster; nil means
// none. It has only the commands that FUALab uses. go-redis' UniversalClient
// has some 600, and each package that names its type takes seconds longer to
// compile.
//
// The code writes a key as fualab:NAME. In Redis, the platform's own prefix
// replaces fualab, so that two platforms can share a server.
type Client struct {
	prefix   string
	commands commands
	scripter Scripter
	pipeline func() queue
}

// commands is the part of UniversalClient that Client uses.
type commands interface {
	AddHook(hook goredis.Hook)
	Close() error
	Do(ctx context.Context, args ...any) *goredis.Cmd
	Ping(ctx context.Context) *goredis.StatusCmd
	Info(ctx context.Context, sections ...string) *goredis.StringCmd
	Del(ctx context.Context, keys ...string) *goredis.IntCmd
	BRPop(ctx context.Context, timeout time.Duration, keys ...string) *goredis.StringSliceCmd
	XRead(ctx context.Context, a *goredis.XReadArgs) *goredis.XStreamSliceCmd
	XRangeN(ctx context.Context, stream, start, stop string, count int64) *goredis.XMessageSliceCmd
	XRevRangeN(ctx context.Context, stream, start, stop string, count int64) *goredis.XMessageSliceCmd
}

// Scripter runs scripts, for a library with scripts of its own.
type Scripter interface {
	goredis.Scripter
	Del(ctx context.Context, keys ...string) *goredis.IntCmd
}

func wrap(c goredis.UniversalClient) *Client {
	return &Client{prefix: DefaultPrefix, commands: c, scripter: c, pipeline: func() queue { return c.Pipeline() }}
}

// DefaultPrefix is the prefix of keys without another setting.
const DefaultPrefix = "fualab"

// Use sets the prefix of all keys, unless it is empty. Call it before the first
// command.
func (c *Client) Use(prefix string) {
	if c != nil && prefix != "" {
		c.prefix = prefix
	}
}

// Key returns the key in Redis of a key in the form fualab:NAME.
func (c *Client) Key(key string) string {
	if name, ok := strings.CutPrefix(key, DefaultPrefix+":"); ok {
		return c.prefix + ":" + name
	}
	return key
}

func (c *Client) keys(keys []string) []string {
	all := make([]string, len(keys))
	for i, key := range keys {
		all[i] = c.Key(key)
	}
	return all
}

// AddHook adds a hook for all later commands.
func (c *Client) AddHook(hook goredis.Hook) { c.commands.AddHook(hook) }

// Close closes all connections.
func (c *Client) Close() error { return c.commands.Close() }

// Scripter returns c for a library with scripts of its own.
func (c *Client) Scripter() Scripter { return c.scripter }

// Do sends a command for which Client has no method. Its keys have the form
// that Key returns. The result is a string, an int64 or a slice. The error is
// Nil if there is no result.
func (c *Client) Do(ctx context.Context, args ...any) (any, error) {
	return c.commands.Do(ctx, args...).Result()
}

// Ping checks that the server answers.
func (c *Client) Ping(ctx context.Context) error { return c.commands.Ping(ctx).Err() }

// Info returns the server's description of itself.
func (c *Client) Info(ctx context.Context) (string, error) { return c.commands.Info(ctx).Result() }

// Del deletes keys.
func (c *Client) Del(ctx context.Context, keys ...string) error {
	return c.commands.Del(ctx, c.keys(keys)...).Err()
}

// BRPop removes the last value of the first list that has one. It returns the
// list's key in Redis and the value. After timeout, its error is Nil.
func (c *Client) BRPop(ctx context.Context, timeout time.Duration, keys ...string) ([]string, error) {
	return c.commands.BRPop(ctx, timeout, c.keys(keys)...).Result()
}

// XRead reads streams from args.ID on. Its error is Nil if no entry arrives in
// time.
func (c *Client) XRead(ctx context.Context, args goredis.XReadArgs) ([]goredis.XStream, error) {
	args.Streams = c.keys(args.Streams)
	return c.commands.XRead(ctx, &args).Result()
}

// XRangeN returns the first count entries of stream from start to stop.
func (c *Client) XRangeN(ctx context.Context, stream, start, stop string, count int64) ([]goredis.XMessage, error) {
	return c.commands.XRangeN(ctx, c.Key(stream), start, stop, count).Result()
}

// XRevRangeN returns the last count entries of stream from start back to stop,
// the last one first.
func (c *Client) XRevRangeN(ctx context.Context, stream, start, stop string, count int64) ([]goredis.XMessage, error) {
	return c.commands.XRevRangeN(ctx, c.Key(stream), start, stop, count).Result()
}

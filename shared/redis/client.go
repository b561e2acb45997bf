package redis

import (
	"context"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Client is a client of one server, a sentinel group or a cluster; nil is
// none. It has the commands that FUALab uses. go-redis' UniversalClient has
// some 600, and each package that names its type costs seconds to compile.
//
// A key is written as fualab:NAME. In Redis it begins with the platform's own
// prefix in place of fualab, so that two platforms can share a server.
type Client struct {
	prefix   string
	commands commands
	scripter Scripter
	pipeline func() queue
}

// commands is the part of UniversalClient that Client hands on.
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

// Scripter runs scripts, for a library that brings its own.
type Scripter interface {
	goredis.Scripter
	Del(ctx context.Context, keys ...string) *goredis.IntCmd
}

func wrap(c goredis.UniversalClient) *Client {
	return &Client{prefix: DefaultPrefix, commands: c, scripter: c, pipeline: func() queue { return c.Pipeline() }}
}

// DefaultPrefix begins the keys of a platform that has no other prefix.
const DefaultPrefix = "fualab"

// Use sets the prefix of all keys, unless it is empty. Call it before the first
// command.
func (c *Client) Use(prefix string) {
	if c != nil && prefix != "" {
		c.prefix = prefix
	}
}

// Key returns the key in Redis of a key that is written as fualab:NAME.
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

// AddHook has hook see each command from now on.
func (c *Client) AddHook(hook goredis.Hook) { c.commands.AddHook(hook) }

// Close closes all connections.
func (c *Client) Close() error { return c.commands.Close() }

// Scripter returns c as a library needs it that brings scripts.
func (c *Client) Scripter() Scripter { return c.scripter }

// Do sends a command that Client has no method for, with keys as Key returns
// them. Its result is a string, an
// int64 or a slice; its error is Nil when there is none.
func (c *Client) Do(ctx context.Context, args ...any) (any, error) {
	return c.commands.Do(ctx, args...).Result()
}

// Ping asks for a sign of life.
func (c *Client) Ping(ctx context.Context) error { return c.commands.Ping(ctx).Err() }

// Info returns the server's description of itself.
func (c *Client) Info(ctx context.Context) (string, error) { return c.commands.Info(ctx).Result() }

// Del deletes keys.
func (c *Client) Del(ctx context.Context, keys ...string) error {
	return c.commands.Del(ctx, c.keys(keys)...).Err()
}

// BRPop takes the last value of the first list that has one, and returns the
// list's key in Redis and the value. After timeout its error is Nil.
func (c *Client) BRPop(ctx context.Context, timeout time.Duration, keys ...string) ([]string, error) {
	return c.commands.BRPop(ctx, timeout, c.keys(keys)...).Result()
}

// XRead reads streams from args.ID on. Its error is Nil when nothing comes in
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

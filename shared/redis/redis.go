// Package redis opens FUALab's Redis. Redis is never authoritative: callers
// continue without it, and the client reconnects by itself.
package redis

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/fualab/fualab/shared/config"
)

// Nil is the error of a command on a missing key.
const Nil = goredis.Nil

// Limits of one command. All are explicit, because go-redis' defaults have
// changed between versions.
const (
	dialTimeout  = 2 * time.Second
	readTimeout  = 1 * time.Second
	writeTimeout = 1 * time.Second
	poolTimeout  = 2 * time.Second
)

// Open returns a client for u, or nil for an empty URL. The client connects at
// its first use, so an unreachable server is not an error here.
//
// redis://host:6379/0 is one server, and rediss:// is the same over TLS.
// ?master_name=NAME makes the host a sentinel. ?cluster=true, or ?addr= with
// further nodes, makes the host a node of a cluster; ElastiCache Serverless
// needs it.
func Open(u config.RedisURL, name string, log *slog.Logger) (*Client, error) {
	if u == "" {
		return nil, nil //nolint:nilnil // no URL means no client; every caller checks for nil
	}
	goredis.SetLogger(quiet{log})
	p, err := url.Parse(u.Reveal())
	if err != nil {
		return nil, fmt.Errorf("FUALAB_REDIS_URL: the URL cannot be read")
	}
	query := p.Query()
	cluster := query.Get("cluster") == "true" || query.Has("addr")
	query.Del("cluster")
	p.RawQuery = query.Encode()

	opts, err := universalOptions(p.String(), cluster, query.Has("master_name"))
	if err != nil {
		// The library's message may repeat the URL.
		return nil, fmt.Errorf("FUALAB_REDIS_URL: the URL has an unknown parameter: use redis://user:password@host:6379/0")
	}
	opts.ClientName = name
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout, opts.PoolTimeout = dialTimeout, readTimeout, writeTimeout, poolTimeout
	opts.MaxRetries = 1
	opts.DialerRetries = 1 // the default of five delays each command by half a second when Redis is unreachable
	opts.ContextTimeoutEnabled = true
	return wrap(goredis.NewUniversalClient(opts)), nil
}

// OpenOrWarn is Open for a starting service. It warns if the service runs
// without Redis. Unless it fails, the caller must call closeClient.
func OpenOrWarn(ctx context.Context, u config.RedisURL, name string, log *slog.Logger) (client *Client, closeClient func() error, err error) {
	client, err = Open(u, name, log)
	if err != nil {
		return nil, nil, err
	}
	if client == nil {
		log.WarnContext(ctx, "running without Redis: FUALAB_REDIS_URL is empty")
		return nil, func() error { return nil }, nil
	}
	return client, client.Close, nil
}

func universalOptions(raw string, cluster, sentinel bool) (*goredis.UniversalOptions, error) {
	switch {
	case cluster:
		o, err := goredis.ParseClusterURL(raw)
		if err != nil {
			return nil, err
		}
		return &goredis.UniversalOptions{Addrs: o.Addrs, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, IsClusterMode: true}, nil
	case sentinel:
		o, err := goredis.ParseFailoverURL(raw)
		if err != nil {
			return nil, err
		}
		return &goredis.UniversalOptions{
			Addrs: o.SentinelAddrs, MasterName: o.MasterName, DB: o.DB, Username: o.Username, Password: o.Password,
			SentinelUsername: o.SentinelUsername, SentinelPassword: o.SentinelPassword, TLSConfig: o.TLSConfig,
		}, nil
	default:
		o, err := goredis.ParseURL(raw)
		if err != nil {
			return nil, err
		}
		return &goredis.UniversalOptions{Addrs: []string{o.Addr}, DB: o.DB, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig}, nil
	}
}

// quiet keeps the library's own lines, one for each failed dial, out of the
// log. Callers report each loss and each return of Redis once.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(ctx context.Context, format string, args ...any) {
	if q.log != nil {
		q.log.DebugContext(ctx, "redis client", "says", fmt.Sprintf(format, args...))
	}
}

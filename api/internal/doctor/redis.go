package doctor

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/redis"
)

// examineRedis reports warnings only, because the platform also serves without
// Redis.
func examineRedis(ctx context.Context, u config.RedisURL) []Check {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := redis.Open(u, "fualab-doctor", slog.New(slog.DiscardHandler))
	if err != nil {
		return []Check{wrong("redis", Warning, err)}
	}
	if client == nil {
		return []Check{{Name: "redis", Status: OK, Found: "not configured: FUALAB_REDIS_URL is empty, and the platform runs without Redis"}}
	}
	defer func() { _ = client.Close() }() // no write happened
	if err := client.Ping(ctx); err != nil {
		return []Check{lostRedis(u, err)}
	}
	// A server without INFO passes, too.
	text, _ := client.Info(ctx)
	info := parseInfo(text)
	server, version := "Redis", info["redis_version"]
	if info["valkey_version"] != "" {
		server, version = "Valkey", info["valkey_version"]
	}
	found := fmt.Sprintf("%s %s at %s", server, cmp.Or(version, "of unknown version"), hostOf(u))
	return []Check{{Name: "redis", Status: OK, Found: found}, examineEviction(info)}
}

func lostRedis(u config.RedisURL, err error) Check {
	c := Check{"redis", Warning, hostOf(u) + " does not answer", "check host, port, password and TLS (rediss://…) in FUALAB_REDIS_URL"}
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.Found, c.Cure = "nothing listens at "+hostOf(u)+" (connection refused)", "start Redis there, or correct FUALAB_REDIS_URL"
	case errors.As(err, &dns):
		c.Found, c.Cure = "the host of "+hostOf(u)+" cannot be found", "correct its name in FUALAB_REDIS_URL"
	case strings.HasPrefix(err.Error(), "NOAUTH"), strings.HasPrefix(err.Error(), "WRONGPASS"):
		c.Found, c.Cure = hostOf(u)+" refuses the password", "correct user and password in FUALAB_REDIS_URL"
	}
	return c
}

// examineEviction checks the behaviour of a full Redis. Cache entries have a
// time to live. The stream of events has none, and must stay.
func examineEviction(info map[string]string) Check {
	policy, bounded := info["maxmemory_policy"], info["maxmemory"] != "" && info["maxmemory"] != "0"
	const cure = "CONFIG SET maxmemory-policy volatile-lru, and in its configuration file"
	switch {
	case policy == "":
		return Check{Name: "redis eviction", Status: OK, Found: "the server does not report its policy"}
	case strings.HasPrefix(policy, "allkeys-"):
		return Check{"redis eviction", Warning, "maxmemory-policy " + policy + " may evict the stream of live events", cure}
	case policy == "noeviction" && bounded:
		return Check{"redis eviction", Warning, "with maxmemory-policy noeviction, a full Redis accepts neither events nor heartbeats", cure}
	}
	return Check{Name: "redis eviction", Status: OK, Found: "maxmemory-policy " + policy}
}

// parseInfo reads the lines key:value of INFO.
func parseInfo(text string) map[string]string {
	info := make(map[string]string)
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok {
			info[key] = value
		}
	}
	return info
}

// hostOf names a server without its password.
func hostOf(u config.RedisURL) string {
	p, err := url.Parse(u.Reveal())
	if err != nil {
		return "the host of FUALAB_REDIS_URL"
	}
	return p.Host
}

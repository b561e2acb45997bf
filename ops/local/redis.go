package main

import (
	"fmt"

	"github.com/alicebob/miniredis/v2"

	"github.com/fualab/fualab/shared/config"
)

const redisPort = "6379"

// redisServer is the Redis that the services use.
type redisServer struct {
	url      config.RedisURL
	embedded *miniredis.Miniredis // nil where url was given
}

// openRedis returns the server that url names, or for none an embedded one
// that any Redis client on this machine can talk to: on Redis' own port, or
// on a free one where that is taken. What it holds ends with it; nothing in
// Redis is the truth.
func openRedis(url config.RedisURL) (*redisServer, error) {
	if url != "" {
		return &redisServer{url: url}, nil
	}
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // otherwise a key would only expire in a test that says so
	if err := m.StartAddr("127.0.0.1:" + redisPort); err != nil {
		if err := m.StartAddr("127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("start the embedded Redis on 127.0.0.1: %w", err)
		}
	}
	return &redisServer{url: config.RedisURL("redis://" + m.Addr()), embedded: m}, nil
}

// Close stops the embedded server, if there is one.
func (r *redisServer) Close() {
	if r.embedded != nil {
		r.embedded.Close()
	}
}

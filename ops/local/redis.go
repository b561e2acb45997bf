package main

import (
	"fmt"
	"strconv"

	"github.com/alicebob/miniredis/v2"

	"github.com/fualab/fualab/shared/config"
)

// redisServer is the Redis that the services use.
type redisServer struct {
	url      config.RedisURL
	embedded *miniredis.Miniredis // nil if url was given
	wanted   uint16               // the preferred port of the embedded server
}

// openRedis returns the server that url names. Without a url it starts an
// embedded server for the Redis clients of this machine, on the given port, or
// on a free one if another program has it. The embedded server keeps nothing
// on disk: no data in Redis is the only copy.
func openRedis(url config.RedisURL, port uint16) (*redisServer, error) {
	if url != "" {
		return &redisServer{url: url}, nil
	}
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // by default no key expires without an explicit call
	if err := m.StartAddr("127.0.0.1:" + strconv.Itoa(int(port))); err != nil {
		if err := m.StartAddr("127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("start the embedded Redis on 127.0.0.1: %w", err)
		}
	}
	return &redisServer{url: config.RedisURL("redis://" + m.Addr()), embedded: m, wanted: port}, nil
}

// Close stops the embedded server, if there is one.
func (r *redisServer) Close() {
	if r.embedded != nil {
		r.embedded.Close()
	}
}

//go:build integration

package testredis

import (
	"context"
	"sync"
	"time"

	"github.com/testcontainers/testcontainers-go/modules/redis"
)

// One Redis a test binary; Testcontainers' reaper removes it.
func init() {
	container = sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		c, err := redis.Run(ctx, "redis:8-alpine")
		if err != nil {
			return "", err
		}
		return c.ConnectionString(ctx)
	})
}

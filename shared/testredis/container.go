//go:build integration

package testredis

import (
	"context"
	"sync"
	"time"

	"github.com/testcontainers/testcontainers-go/modules/redis"

	"github.com/fualab/fualab/shared/testcontainer"
)

// One Redis for each test binary; Testcontainers' reaper removes it.
func init() {
	container = sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		c, err := testcontainer.Start(func() (*redis.RedisContainer, error) { return redis.Run(ctx, "redis:8-alpine") })
		if err != nil {
			return "", err
		}
		return c.ConnectionString(ctx)
	})
}

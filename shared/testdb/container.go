//go:build integration

package testdb

import (
	"context"
	"sync"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

// One Postgres a test binary, with nothing that must outlive it. Testcontainers'
// reaper removes it when the binary ends, however it ends.
func init() {
	container = sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		c, err := postgres.Run(ctx, "postgres:17-alpine",
			postgres.WithUsername("fualab"), postgres.WithPassword("test-only"),
			testcontainers.WithCmd("postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=300"),
			postgres.BasicWaitStrategies())
		if err != nil {
			return "", err
		}
		return c.ConnectionString(ctx, "sslmode=disable")
	})
}

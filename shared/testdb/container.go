//go:build integration

package testdb

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"

	"github.com/fualab/fualab/shared/testcontainer"
)

// One Postgres for each test binary, and no state outlives it. Testcontainers'
// reaper removes it after the binary, even after a crash.
func init() {
	// The binaries of one `go test` share a reaper. By default it waits ten
	// seconds for the next binary. It may then remove everything while the next
	// binary starts its containers, including those.
	if os.Getenv("TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT") == "" {
		_ = os.Setenv("TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT", "3m")
	}
	container = sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		c, err := testcontainer.Start(func() (*postgres.PostgresContainer, error) {
			return postgres.Run(ctx, "postgres:17-alpine",
				postgres.WithUsername("fualab"), postgres.WithPassword("test-only"),
				// In memory, because no data must survive.
				testcontainers.WithTmpfs(map[string]string{"/var/lib/postgresql/data": "rw"}),
				testcontainers.WithCmd("postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=300"),
				postgres.BasicWaitStrategies())
		})
		if err != nil {
			return "", err
		}
		return c.ConnectionString(ctx, "sslmode=disable")
	})
}

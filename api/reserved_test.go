package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// TestReadinessAndTokensHaveConnections of their own: while changes hold all
// others, /ready answers, and a token is looked up.
func TestReadinessAndTokensHaveConnections(t *testing.T) {
	t.Parallel()
	for _, dialect := range testdb.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			holdConnections(t, dialect, testdb.NewURL(t, dialect))
		})
	}
}

const heldConns = 3

func holdConnections(t *testing.T, dialect string, url config.DatabaseURL) {
	other := testdb.Open(t, url)
	apitest.Seed(t, other)
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load[api.Config]([]string{
		"FUALAB_DATABASE_URL=" + url.Reveal(), "FUALAB_AUTH=on", "FUALAB_MIGRATE_ON_START=false", fmt.Sprintf("FUALAB_DATABASE_MAX_CONNS=%d", heldConns),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listener, cfg.Log = ln, slog.New(slog.DiscardHandler)
	tokens := make([]string, 3)
	all, err := api.OpenTokens(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tokens {
		if tokens[i], _, err = all.Create(t.Context(), "test", "read admin", 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.Run(ctx, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	// send returns the status of an answer that comes within limit.
	send := func(limit time.Duration, method, path, token string) (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, "http://"+ln.Addr().String()+path, strings.NewReader(`{"paused":true}`))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", "application/merge-patch+json")
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, errors.Join(err, response.Body.Close())
	}

	// Another program holds the lock that the changes need.
	held, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	begin := "BEGIN IMMEDIATE"
	if dialect == "postgres" {
		begin = "BEGIN; LOCK TABLE schedules IN EXCLUSIVE MODE"
	}
	if _, err := held.ExecContext(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	var changes sync.WaitGroup
	for range heldConns {
		changes.Go(func() {
			for ctx.Err() == nil {
				_, _ = send(time.Minute, http.MethodPatch, "/api/schedules/rows.expire", tokens[0])
			}
		})
	}
	t.Cleanup(func() {
		stop()
		_, _ = held.ExecContext(context.Background(), "ROLLBACK")
		_ = held.Close()
		changes.Wait()
	})
	testwait.For(t, "requests wait for a connection", func() bool {
		_, err := send(500*time.Millisecond, http.MethodGet, "/api/runs", tokens[0])
		return errors.Is(err, context.DeadlineExceeded)
	})
	for i, path := range []string{"/ready", "/api/me", "/api/ready"} {
		if status, err := send(2*time.Second, http.MethodGet, path, tokens[i]); status != http.StatusOK || err != nil {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
}

package command

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// postWithKey creates an item with the key as its name.
func postWithKey(ctx context.Context, client *http.Client, base, key string) (status int, replayed bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/items", strings.NewReader(fmt.Sprintf(`{"name":%q}`, key)))
	if err != nil {
		return 0, false, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	resp, err := client.Do(req)
	if err != nil {
		return 0, false, err
	}
	return resp.StatusCode, resp.Header.Get("Idempotent-Replayed") == "true", resp.Body.Close()
}

// TestKilledBetweenEffectAndRecord kills the process on Postgres after its
// transaction has made the item, while it waits to store the response. Nothing
// stays, and a retry is the first request.
func TestKilledBetweenEffectAndRecord(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "postgres")
	db, p := testdb.Open(t, url), serve(t, url)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE idempotency_keys IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	lost := make(chan error, 1)
	go func() {
		_, _, err := postWithKey(context.Background(), http.DefaultClient, p.url, "k")
		lost <- err
	}()
	testwait.For(t, "the process to wait for the lock", func() bool { return waitsForLock(t, db) })
	kill(t, p)
	if err := <-lost; err == nil {
		t.Error("the request was answered")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	p = serve(t, url)
	for _, wantReplayed := range []bool{false, true} {
		var status int
		var replayed bool
		testwait.For(t, "Postgres to notice the death", func() bool {
			status, replayed, err = postWithKey(t.Context(), http.DefaultClient, p.url, "k")
			return status != http.StatusConflict
		})
		if status != http.StatusCreated || replayed != wantReplayed || err != nil {
			t.Errorf("status %d, replayed %t, %v", status, replayed, err)
		}
	}
	if n, err := db.NewSelect().Table("items").Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d items, %v", n, err)
	}
}

// TestKilledUnderLoad kills the process while clients create items with keys,
// when each client has some responses. The next process gets the unanswered
// requests again. Each key has its item once. If the item already existed,
// because only the response was lost, the response is replayed.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		url := testdb.NewURL(t, dialect)
		const clients, rounds = 8, 5
		var mu sync.Mutex
		keys, unanswered := 0, []string(nil)
		for round := range rounds {
			p := serve(t, url)
			var all, underLoad sync.WaitGroup
			underLoad.Add(clients)
			for c := range clients {
				all.Go(func() {
					client := &http.Client{Transport: &http.Transport{}, Timeout: testwait.Patience}
					defer client.CloseIdleConnections()
					busy := sync.OnceFunc(underLoad.Done)
					defer busy()
					for i := range 100_000 {
						key := fmt.Sprintf("%d-%d-%d", round, c, i)
						status, replayed, err := postWithKey(context.Background(), client, p.url, key)
						mu.Lock()
						keys++
						if err != nil {
							unanswered = append(unanswered, key)
						}
						mu.Unlock()
						if err != nil {
							return
						}
						if status != http.StatusCreated || replayed {
							t.Errorf("%s: status %d, replayed %t", key, status, replayed)
						}
						if i == 5+round { // each client is anywhere when the last one gets there
							busy()
						}
					}
				})
			}
			underLoad.Wait()
			kill(t, p)
			all.Wait()
		}
		db, p := testdb.Open(t, url), serve(t, url)
		var stored int
		if err := db.NewRaw("SELECT count(*) FROM items").Scan(t.Context(), &stored); err != nil {
			t.Fatal(err)
		}
		again := 0
		for _, key := range unanswered {
			status, replayed, err := postWithKey(t.Context(), http.DefaultClient, p.url, key)
			if status != http.StatusCreated || err != nil {
				t.Errorf("%s again: status %d, %v", key, status, err)
			}
			if replayed {
				again++
			}
		}
		var items, names int
		if err := db.NewRaw("SELECT count(*), count(DISTINCT name) FROM items").Scan(t.Context(), &items, &names); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d keys, %d unanswered, of which %d had taken effect", keys, len(unanswered), again)
		if items != keys || names != keys || again != len(unanswered)-(keys-stored) {
			t.Errorf("%d keys: %d items of %d names; %d of %d unanswered were replayed, and %d were not stored", keys, items, names, again, len(unanswered), keys-stored)
		}
	})
}

// kill ends p as kill -9 does.
func kill(t *testing.T, p *process) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
}

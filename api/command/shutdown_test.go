package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// TestShutdownInOrder sends SIGTERM while clients send requests without pause.
// They reconnect when their connection is closed, as a load balancer does that
// has not noticed yet. The API is not ready at once, serves for the whole
// delay, and then refuses. It fails no request, and exits with 0 before ECS
// would kill it.
func TestShutdownInOrder(t *testing.T) {
	t.Parallel()
	const delay, stopTimeout = 5 * time.Second, 60 * time.Second // the latter as in infra/terraform-ecs
	p := serve(t, testdb.NewURL(t, "sqlite"), fmt.Sprintf("FUALAB_SHUTDOWN_DELAY_SECONDS=%v", delay.Seconds()), "FUALAB_SHUTDOWN_TIMEOUT_SECONDS=20", "FUALAB_RATE_LIMIT=0")
	own := fmt.Sprintf(`"name":%q`, rand.Text()) // identifies this API, because another one may get its port afterwards
	if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", "{"+own+"}"); err != nil || got.status != http.StatusCreated {
		t.Fatalf("create: %v, %v", got, err)
	}

	var clients, underLoad sync.WaitGroup
	var unready atomic.Bool
	var late atomic.Int64 // served requests that began when the API was not ready
	var refused atomic.Int64
	const n = 4
	underLoad.Add(n)
	for range n {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: testwait.Patience}
			defer client.CloseIdleConnections()
			busy := sync.OnceFunc(underLoad.Done)
			defer busy() // also after a failure
			for i := range 1_000_000 {
				after := unready.Load()
				got, err := request(context.Background(), client, "GET", p.url+"/api/items/1", "")
				var op *net.OpError
				switch ours := strings.Contains(got.body, own); {
				case errors.As(err, &op) && op.Op == "dial", err == nil && after && !ours:
					refused.CompareAndSwap(0, time.Now().UnixNano())
					return
				case err != nil || got.status != http.StatusOK || !ours:
					t.Errorf("request %d: %v, %v", i, got, err)
					return
				case after:
					late.Add(1)
				case i == 10:
					busy()
				}
			}
		})
	}
	underLoad.Wait()

	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for !unready.Load() {
		got, err := request(t.Context(), http.DefaultClient, "GET", p.url+"/ready", "")
		if err != nil {
			t.Fatalf("%s after SIGTERM it was still ready, and now: %v", time.Since(begin), err)
		}
		unready.Store(got.status == http.StatusServiceUnavailable && strings.Contains(got.body, `"draining"`))
	}
	t.Logf("not ready after %s", time.Since(begin))
	clients.Wait()
	served := time.Unix(0, refused.Load()).Sub(begin)
	if served < delay || late.Load() == 0 {
		t.Errorf("it served %d requests more, until %s after SIGTERM; want some, until %s", late.Load(), served, delay)
	}
	select {
	case <-p.done:
	case <-time.After(stopTimeout - time.Since(begin)):
		t.Fatalf("it has not ended %s after SIGTERM:\n%s", stopTimeout, p.log())
	}
	t.Logf("%d requests served after that, none after %s, ended after %s", late.Load(), served, time.Since(begin))
	if p.err != nil {
		t.Errorf("it ended with %v:\n%s", p.err, p.log())
	}
}

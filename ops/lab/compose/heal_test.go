//go:build integration

package compose

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// killEach kills one container of each service under load. The stack heals by
// itself, and no acknowledged item is lost.
func (s *stack) killEach() {
	s.t.Helper()
	w := s.write()
	for _, service := range []string{"worker", "api", "frontend", "redis", "db"} {
		container := s.containers(service)[0]
		begin, as := time.Now(), inspect[condition](s.t, container)
		s.kill(container)
		within(s.t, time.Minute, service+" to be healthy again", func() bool { return s.healedSince(as, container) })
		before := w.count()
		within(s.t, 30*time.Second, "writes after "+service+" was killed", func() bool { return w.count() > before+5 })
		s.t.Logf("%s killed: healthy and at work after %s", service, time.Since(begin).Round(100*time.Millisecond))
	}
	acknowledged, failed := w.stop()
	s.t.Logf("%d items acknowledged, %d requests failed meanwhile", len(acknowledged), failed)
	for _, id := range acknowledged {
		call(s.t, http.MethodGet, fmt.Sprintf("%s/api/items/%d", s.api, id), "", http.StatusOK)
	}
	within(s.t, 2*time.Minute, "every item to be enriched", func() bool {
		return !strings.Contains(call(s.t, http.MethodGet, s.api+"/api/items?sort=-id&limit=1000", "", http.StatusOK), `"enriched":false`)
	})
}

// writer creates one item after another.
type writer struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	ids    []int64
	failed int
}

func (s *stack) write() *writer {
	ctx, cancel := context.WithCancel(s.t.Context())
	w := &writer{cancel: cancel}
	s.t.Cleanup(cancel)
	w.done.Go(func() {
		for ctx.Err() == nil {
			status, body, err := try(ctx, http.MethodPost, s.api+"/api/items", `{"name":"Sample"}`)
			if ctx.Err() != nil {
				return // the test cancelled the request
			}
			w.note(status, body, err)
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return w
}

func (w *writer) note(status int, body string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var id int64
	if err != nil || status != http.StatusCreated {
		w.failed++
	} else if _, err := fmt.Sscanf(body, `{"id":%d,`, &id); err == nil {
		w.ids = append(w.ids, id)
	}
}

func (w *writer) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ids)
}

func (w *writer) stop() (ids []int64, failed int) {
	w.cancel()
	w.done.Wait()
	return w.ids, w.failed
}

package telemetry

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/httpserver"
)

// requests counts and times requests. None of its labels holds what a client
// can make up.
type requests struct {
	took *prometheus.HistogramVec

	mu   sync.RWMutex
	seen map[answer]prometheus.Observer
}

// answer is what a request's labels come of. There are no more than routes and
// statuses make.
type answer struct {
	method, route string
	status        int
}

// Requests returns who has to be told of requests for them to be traced,
// counted and timed, as far as that is done.
func (t *Telemetry) Requests() ([]httpserver.Watcher, error) {
	var watchers []httpserver.Watcher
	if tracer := t.Tracer(); tracer != nil {
		watchers = append(watchers, server{tracer})
	}
	if !t.Measures() {
		return watchers, nil
	}
	r := &requests{seen: map[answer]prometheus.Observer{}, took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_server_request_duration_seconds",
		Help:    "Time from a request's headers to the end of its answer; a stream's is its whole life.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
	}, []string{"http_request_method", "http_route", "http_response_status_code"})}
	return append(watchers, r), t.Register(r.took)
}

// Begin implements httpserver.Watcher.
func (r *requests) Begin(ctx context.Context, _ *http.Request) context.Context { return ctx }

// End implements httpserver.Watcher.
func (r *requests) End(_ context.Context, a httpserver.Answered) {
	r.of(answer{Method(a.Method), Route(a.Route), a.Status}).Observe(a.Took.Seconds())
}

// of returns who counts such answers, which costs more to find by its labels.
func (r *requests) of(a answer) prometheus.Observer {
	r.mu.RLock()
	o, ok := r.seen[a]
	r.mu.RUnlock()
	if ok {
		return o
	}
	o = r.took.WithLabelValues(a.method, a.route, strconv.Itoa(a.status))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[a] = o
	return o
}

// Method returns the method as a label: one that HTTP does not know is _OTHER.
func Method(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "_OTHER"
}

// Route returns the pattern that matched as a label.
func Route(pattern string) string { return cmp.Or(pattern, "unmatched") }

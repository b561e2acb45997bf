package telemetry

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
)

// requests counts and times requests. Clients cannot invent values of its
// labels.
type requests struct {
	took *prometheus.HistogramVec
	note func(log.Event)

	mu   sync.RWMutex
	seen map[answer]prometheus.Observer
}

// answer has the values of a request's labels. Their number is bounded by
// routes and statuses.
type answer struct {
	method, route string
	status        int
}

// newEvents returns a counter of security events. Each name exists from the
// beginning, so that the first event is an increase.
func newEvents() *prometheus.CounterVec {
	events := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fualab_security_events_total", Help: "Security events; the log has their details.",
	}, []string{"event"})
	for _, event := range log.Events() {
		events.WithLabelValues(string(event))
	}
	return events
}

// Note counts a security event with a name of package log. It is safe for
// concurrent use.
func (t *Telemetry) Note(event log.Event) {
	if t != nil {
		t.events.WithLabelValues(string(event)).Inc()
	}
}

// Requests returns the watchers that trace, count and time requests, as
// configured. It also registers the counter of security events.
func (t *Telemetry) Requests() ([]httpserver.Watcher, error) {
	var watchers []httpserver.Watcher
	if tracer := t.Tracer(); tracer != nil {
		watchers = append(watchers, server{tracer})
	}
	if !t.Measures() {
		return watchers, nil
	}
	r := &requests{note: t.Note, seen: map[answer]prometheus.Observer{}, took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_server_request_duration_seconds",
		Help:    "Time from a request's headers to the end of its response; for a stream, its whole life.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
	}, []string{"http_request_method", "http_route", "http_response_status_code"})}
	return append(watchers, r), t.Register(r.took, t.events)
}

// Begin implements httpserver.Watcher.
func (r *requests) Begin(ctx context.Context, _ *http.Request) context.Context { return ctx }

// End implements httpserver.Watcher.
func (r *requests) End(_ context.Context, a httpserver.Answered) {
	r.of(answer{Method(a.Method), Route(a.Route), a.Status}).Observe(a.Took.Seconds())
	if a.Event != "" {
		r.note(a.Event)
	}
}

// of returns the observer of such requests. Finding it by its labels each time
// would cost more.
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

// Method returns the method as a label: _OTHER for a method unknown to HTTP.
func Method(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "_OTHER"
}

// Route returns the matched pattern as a label.
func Route(pattern string) string { return cmp.Or(pattern, "unmatched") }

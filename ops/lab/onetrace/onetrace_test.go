//go:build lab

// Package onetrace tests that all work of one request is one trace, from the API
// to the end of the worker's run, as a collector receives it.
package onetrace

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/fualab/fualab/ops/lab/observed"
)

// span is the part of a span that the test compares.
type span struct {
	service, name     string
	trace, id, parent string
	kind              tracepb.Span_SpanKind
	attributes        map[string]string
}

// collector receives traces by OTLP over HTTP.
type collector struct {
	mu    sync.Mutex
	spans []span
	fault string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var data tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &data)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("Api-Key") != "a b" {
		c.fault = r.URL.Path + " " + r.Header.Get("Content-Type")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, rs := range data.GetResourceSpans() {
		service := ""
		for _, a := range rs.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				c.spans = append(c.spans, spanOf(service, s))
			}
		}
	}
}

func spanOf(service string, s *tracepb.Span) span {
	attributes := make(map[string]string)
	for _, a := range s.GetAttributes() {
		attributes[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return span{
		service: service, name: s.GetName(), kind: s.GetKind(), attributes: attributes,
		trace: hex.EncodeToString(s.GetTraceId()), id: hex.EncodeToString(s.GetSpanId()), parent: hex.EncodeToString(s.GetParentSpanId()),
	}
}

// of returns the received spans of one trace.
func (c *collector) of(trace string) []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s span) bool { return s.trace != trace })
}

const (
	client = "0af7651916cd43dd8448eb211c80319c" // the client's trace
	caller = "b7ad6b7169203331"                 // its span
)

func TestOneTrace(t *testing.T) {
	c := new(collector)
	server := httptest.NewServer(c)
	t.Cleanup(server.Close) // runs after the platform has sent its last spans
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
	lines := new(observed.Lines)
	p := observed.Start(t, lines, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_EXPORTER_OTLP_HEADERS=api-key=a%20b")

	status, body := observed.Do(t, http.MethodPost, p.API+"/api/items", `{"name":"A secret name"}`,
		http.Header{"Traceparent": {"00-" + client + "-" + caller + "-01"}, "X-Request-Id": {"the-request"}})
	if status != http.StatusCreated {
		t.Fatalf("the item: %d %s", status, body)
	}
	var post, insert, redis, queue, run, update span
	observed.Eventually(t, "the trace to be whole", func() bool {
		spans := c.of(client)
		post = find(spans, "fualab-api", "POST /api/items", caller)
		insert = find(spans, "fualab-api", "INSERT", post.id)
		redis = find(spans, "fualab-api", "pipeline of 2", post.id)
		queue = find(spans, "fualab-worker", "queue items.enrich", "")
		run = find(spans, "fualab-worker", "run items.enrich", queue.id)
		update = find(spans, "fualab-worker", "UPDATE", run.id)
		return post.id != "" && insert.id != "" && redis.id != "" && queue.id != "" && run.id != "" && update.id != ""
	})
	if post.kind != tracepb.Span_SPAN_KIND_SERVER || queue.kind != tracepb.Span_SPAN_KIND_PRODUCER || run.kind != tracepb.Span_SPAN_KIND_CONSUMER {
		t.Errorf("kinds: %s, %s, %s", post.kind, queue.kind, run.kind)
	}
	if queue.parent != redis.id && queue.parent != post.id {
		t.Errorf("the run is queued below %q, which is neither the request %q nor its notification %q", queue.parent, post.id, redis.id)
	}
	for _, s := range c.of(client) {
		for key, value := range s.attributes {
			if strings.Contains(value, "secret") {
				t.Errorf("%s contains text of the client: %s = %s", s.name, key, value)
			}
		}
	}
	checkLine(t, lines, "request", post, map[string]string{"request_id": "the-request", "route": "/api/items"})
	checkLine(t, lines, "run", run, map[string]string{"task": "items.enrich"})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault != "" {
		t.Errorf("the collector received an invalid request: %s", c.fault)
	}
}

// find returns the first span of a service with a name and, unless it is "", a
// parent. It returns the zero span if there is none.
func find(spans []span, service, name, parent string) span {
	for _, s := range spans {
		if s.service == service && s.name == name && (parent == "" || s.parent == parent) {
			return s
		}
	}
	return span{}
}

// checkLine finds the one line of a request or a run, with the ids of its span.
func checkLine(t *testing.T, lines *observed.Lines, msg string, s span, want map[string]string) {
	t.Helper()
	found := 0
	for _, text := range lines.All() {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) != nil || line["msg"] != msg || line["span_id"] != s.id {
			continue
		}
		found++
		for key, value := range want {
			if line[key] != value || line["trace_id"] != s.trace {
				t.Errorf("the line of the %s: %s; want %s = %s in trace %s", msg, text, key, value, s.trace)
			}
		}
	}
	if found != 1 {
		t.Errorf("the %s has %d lines with its span", msg, found)
	}
}

//go:build lab

package observed

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

const requestMetric = "http_server_request_duration_seconds"

// TestCardinality: a client invents paths, methods, headers and hosts, and no
// label gets a new value.
func TestCardinality(t *testing.T) {
	t.Parallel()
	p := Start(t, new(Lines))
	r := rand.New(rand.NewPCG(1, 2))
	fuzz := func(n int) {
		for range n {
			path := "/" + word(r)
			if r.IntN(2) == 0 {
				path = "/api/items/" + word(r) + "?" + word(r) + "=" + word(r)
			}
			Do(t, methods[r.IntN(len(methods))]+method(r), p.API+path, "", http.Header{
				"X-Request-Id": {word(r)}, "User-Agent": {word(r)}, "X-" + word(r): {word(r)}, "Traceparent": {word(r)},
				"Authorization": {"Bearer " + word(r)}, "X-Forwarded-For": {word(r)}, "X-Forwarded-Host": {word(r)},
			})
		}
	}
	fuzz(300)
	before := labels(Metrics(t, p.APIAdmin))
	fuzz(1000)
	after := labels(Metrics(t, p.APIAdmin))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("new values of labels after 1000 more requests (-before +after):\n%s", diff)
	}
	want := map[string]bool{"unmatched": true, "/api/items/{id}": true}
	for value := range after["http_route"] {
		if !want[value] && value != "/api/ready" {
			t.Errorf("a route that no client can request here: %q", value)
		}
	}
	if !after["http_request_method"]["_OTHER"] || after["http_request_method"]["PURGE"] {
		t.Errorf("methods: %v", after["http_request_method"])
	}
}

var methods = []string{"", "", "PURGE", "X"}

// method returns a method of HTTP, or a prefix that makes another one invalid.
func method(r *rand.Rand) string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}[r.IntN(7)]
}

func word(r *rand.Rand) string { return fmt.Sprintf("%x", r.Uint64()) }

// labels returns the values of each label of requestMetric.
func labels(all map[string]*dto.MetricFamily) map[string]map[string]bool {
	values := make(map[string]map[string]bool)
	for _, m := range all[requestMetric].GetMetric() {
		for _, l := range m.GetLabel() {
			if values[l.GetName()] == nil {
				values[l.GetName()] = make(map[string]bool)
			}
			values[l.GetName()][l.GetValue()] = true
		}
	}
	return values
}

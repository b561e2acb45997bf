package runs

import (
	"context"
	"testing"

	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel/trace"

	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/testredis"
)

// TestTraceTravels proves that a run and a notification keep their trace, and
// that they have none without one.
func TestTraceTravels(t *testing.T) {
	t.Parallel()
	if got := metadataOf(t.Context()); got != nil {
		t.Errorf("metadata without a trace: %s", got)
	}
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	traced := trace.ContextWithSpanContext(t.Context(), span)
	same := func(what string, ctx context.Context) {
		t.Helper()
		if got := trace.SpanContextFromContext(ctx); got.TraceID() != span.TraceID() || got.SpanID() != span.SpanID() || !got.IsRemote() {
			t.Errorf("%s is below %v, want %v from elsewhere", what, got, span)
		}
	}
	same("the run", Below(t.Context(), &rivertype.JobRow{Metadata: metadataOf(traced)}))
	if ctx := Below(t.Context(), &rivertype.JobRow{Metadata: []byte(`{}`)}); ctx != t.Context() {
		t.Error("a run from nowhere is below something")
	}

	server, url := testredis.Embedded(t)
	client, err := redis.Open(url, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for name, from := range map[string]context.Context{"without": t.Context(), "traced": traced} {
		if err := SendNudge(from, client, "test.task"); err != nil {
			t.Fatal(err)
		}
		nudge, err := server.Pop(NudgeKey("test.task"))
		if err != nil {
			t.Fatal(err)
		}
		below, task := ReadNudge(t.Context(), nudge)
		if task != "test.task" {
			t.Errorf("%s: the nudge is for %q", name, task)
		}
		if from == traced {
			same("the nudge", below)
		} else if nudge != "test.task" {
			t.Errorf("a nudge from nowhere is %q", nudge)
		}
	}
}

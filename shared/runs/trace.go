package runs

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/tracing"
)

// metadata is the trace of a run: its parent span as W3C traceparent.
type metadata struct {
	TraceParent string `json:"traceparent"`
}

// metadataOf returns nil for a ctx without a trace.
func metadataOf(ctx context.Context) []byte {
	parent := tracing.Parent(ctx)
	if parent == "" {
		return nil
	}
	all, err := json.Marshal(metadata{parent})
	if err != nil {
		return nil
	}
	return all
}

// Below returns ctx below the span that inserted job, if there is one.
func Below(ctx context.Context, job *rivertype.JobRow) context.Context {
	var m metadata
	if json.Unmarshal(job.Metadata, &m) != nil {
		return ctx
	}
	return tracing.Below(ctx, m.TraceParent)
}

package runs

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/tracing"
)

// metadata is what a run has of the trace that it belongs to: the span that
// made it, as W3C's traceparent.
type metadata struct {
	TraceParent string `json:"traceparent"`
}

// metadataOf returns nil for a ctx that is in no trace.
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

// Below returns ctx below the span that has made job, if there was one.
func Below(ctx context.Context, job *rivertype.JobRow) context.Context {
	var m metadata
	if json.Unmarshal(job.Metadata, &m) != nil {
		return ctx
	}
	return tracing.Below(ctx, m.TraceParent)
}

package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
)

// Stream is a request whose handler reads the body while it arrives.
type Stream struct {
	Writer  http.ResponseWriter
	Request *http.Request
}

type streamKey struct{}

// WithStream is the middleware of an operation whose handler calls StreamOf.
func WithStream(c huma.Context, next func(huma.Context)) {
	r, w := humamux.Unwrap(c)
	next(huma.WithValue(c, streamKey{}, Stream{w, r}))
}

// StreamOf returns the request of ctx, and whether WithStream has stored it.
func StreamOf(ctx context.Context) (Stream, bool) {
	s, ok := ctx.Value(streamKey{}).(Stream)
	return s, ok
}

// FileBody documents a body that is a file with one of these media types.
func FileBody(types ...string) *huma.RequestBody {
	content := map[string]*huma.MediaType{}
	for _, media := range types {
		content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return &huma.RequestBody{Content: content}
}

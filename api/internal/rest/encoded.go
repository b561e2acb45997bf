package rest

import (
	"bytes"
	"sync"
)

// Encoded is a body that is JSON already, and is sent as it is. A type that
// embeds it documents which by implementing huma.SchemaProvider.
type Encoded struct{ JSON []byte }

func (e Encoded) encoding() []byte { return e.JSON }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostPooled keeps a page of large records from staying in the pool.
const mostPooled = 1 << 20

// Encode returns v in JSON, in no more memory than it takes.
func Encode(v any) ([]byte, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= mostPooled {
			buffers.Put(buffer)
		}
	}()
	buffer.Reset()
	if err := EncodeJSON(buffer, v); err != nil {
		return nil, err
	}
	return bytes.Clone(buffer.Bytes()), nil
}

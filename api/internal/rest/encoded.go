package rest

import (
	"bytes"
	"sync"
)

// Encoded is a body that is already JSON, and is sent unchanged. A type that
// embeds it documents its form by implementing huma.SchemaProvider.
type Encoded struct{ JSON []byte }

func (e Encoded) encoding() []byte { return e.JSON }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostPooled keeps the memory of large pages out of the pool.
const mostPooled = 1 << 20

// Encode returns v in JSON, without spare memory.
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

package httpapi

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/shared/model"
)

// encoded is a body that is JSON already. marshalJSON writes it as it is.
type encoded struct{ json []byte }

// encodedItem is an itemBody, encodedItems a list of them; their schemas say so.
type (
	encodedItem  struct{ encoded }
	encodedItems struct{ encoded }
)

// Schema implements huma.SchemaProvider.
func (encodedItem) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[itemBody](), true, "")
}

// Schema implements huma.SchemaProvider.
func (encodedItems) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[[]itemBody](), true, "")
}

func (e encoded) encoding() []byte { return e.json }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostPooled keeps a page of large items from staying in the pool.
const mostPooled = 1 << 20

// encode returns v in JSON, in no more memory than it takes.
func encode(v any) ([]byte, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= mostPooled {
			buffers.Put(buffer)
		}
	}()
	buffer.Reset()
	if err := marshalJSON(buffer, v); err != nil {
		return nil, err
	}
	return bytes.Clone(buffer.Bytes()), nil
}

// entryOf encodes an item once for all who get it.
func entryOf(i *model.Item) (*cache.Entry, error) {
	body, err := encode(itemBodyOf(i))
	return &cache.Entry{Body: body, ETag: etag(i), Version: cache.Version{Item: i.Version, Enriched: i.EnrichedVersion}}, err
}

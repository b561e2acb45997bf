package itemfile

import (
	"encoding/csv"
	"encoding/json"
	"io"

	"github.com/fualab/fualab/shared/model"
)

// Writer writes items to a file.
type Writer interface {
	Write(item *model.Item) error
	Flush() error // must be called at the end
}

// NewWriter returns a Writer of the given format. A CSV begins with its header,
// also one without an item.
func NewWriter(w io.Writer, format string) (Writer, error) {
	if format == CSV {
		out := &csvWriter{csv.NewWriter(w)}
		return out, out.w.Write(columns)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &ndjsonWriter{enc}, nil
}

type csvWriter struct{ w *csv.Writer }

func (c *csvWriter) Write(i *model.Item) error {
	return c.w.Write([]string{
		Neutral(text(i.ExternalID)), Neutral(i.Name), Neutral(i.Description), string(i.Attributes), instant(i.ExpiresAt), i.CreatedAt.String(),
	})
}

func (c *csvWriter) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func instant(t *model.Time) string {
	if t == nil {
		return ""
	}
	return t.String()
}

// line is an item in NDJSON.
type line struct {
	ExternalID  *string          `json:"external_id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Attributes  model.Attributes `json:"attributes"`
	ExpiresAt   *model.Time      `json:"expires_at"`
	CreatedAt   model.Time       `json:"created_at"`
}

type ndjsonWriter struct{ enc *json.Encoder }

func (n *ndjsonWriter) Write(i *model.Item) error {
	return n.enc.Encode(line{i.ExternalID, i.Name, i.Description, i.Attributes, i.ExpiresAt, i.CreatedAt})
}

func (n *ndjsonWriter) Flush() error { return nil }

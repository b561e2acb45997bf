package items

import (
	"cmp"
	"io"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
	"github.com/fualab/fualab/shared/strictjson"
)

// ExternalIDColumn is the column of an item's external id.
const ExternalIDColumn = "external_id"

// The indexes of the columns in a row's values.
const (
	idColumn = iota
	nameColumn
	descriptionColumn
	attributesColumn
	expiresAtColumn
	createdAtColumn
	columnCount
)

// columns are the columns of a file of items. A column of any other name is an
// attribute. Files contain no ids and no derived values, because these belong
// to one platform.
var columns = rowfile.Columns{
	All: []rowfile.Column{
		idColumn:          {Name: ExternalIDColumn},
		nameColumn:        {Name: "name", Text: true},
		descriptionColumn: {Name: "description", Text: true},
		attributesColumn:  {Name: "attributes", JSON: true},
		expiresAtColumn:   {Name: "expires_at"},
		createdAtColumn:   {Name: "created_at"},
	},
	Key:  []string{"name", ExternalIDColumn},
	Rest: "attributes",
	Limits: strictjson.Limits{
		Depth: model.MaxAttributesDepth + 1, Values: model.MaxAttributesValues + 2*rowfile.MaxColumns, Digits: 2 * model.MaxAttributesBytes,
	},
}

// CheckColumns checks that all targets of a mapping from headings to columns
// exist. Its error is a sentence for the client.
func CheckColumns(mapping map[string]string) error { return columns.Check(mapping) }

// Reader reads a file of items row by row. It is made by NewReader.
type Reader struct{ *rowfile.Reader }

// NewReader returns a Reader; see rowfile.NewReader.
func NewReader(r io.Reader, o rowfile.Options) (*Reader, error) {
	file, err := rowfile.NewReader(r, columns, o)
	if err != nil {
		return nil, err
	}
	return &Reader{file}, nil
}

// Next returns the next row; see rowfile.Reader.Next. Apply refuses a row with
// faults.
func (r *Reader) Next() (*Row, error) {
	row, err := r.Reader.Next()
	if err != nil {
		return nil, err
	}
	return rowOf(row), nil
}

// Writer writes items to a file. It is made by NewWriter, and not safe for
// concurrent use.
type Writer struct {
	file *rowfile.Writer
	row  []rowfile.Value
}

// NewWriter returns a Writer of the given format. A CSV begins with its header,
// even without an item.
func NewWriter(w io.Writer, format string) (*Writer, error) {
	file, err := rowfile.NewWriter(w, format, columns.All)
	return &Writer{file, make([]rowfile.Value, columnCount)}, err
}

// Write writes an item.
func (w *Writer) Write(i *Item) error {
	w.row[idColumn] = rowfile.Optional(i.ExternalID)
	w.row[nameColumn] = rowfile.Of(i.Name)
	w.row[descriptionColumn] = rowfile.Of(i.Description)
	w.row[attributesColumn] = rowfile.Of(string(cmp.Or(i.Attributes, model.NoAttributes)))
	w.row[expiresAtColumn] = rowfile.Value{Kind: rowfile.Null}
	if i.ExpiresAt != nil {
		w.row[expiresAtColumn] = rowfile.Of(i.ExpiresAt.String())
	}
	w.row[createdAtColumn] = rowfile.Of(i.CreatedAt.String())
	return w.file.Write(w.row)
}

// Flush writes the buffered items. It must be called at the end.
func (w *Writer) Flush() error { return w.file.Flush() }

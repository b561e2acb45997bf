package items

import (
	"io"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/rowfile"
	"github.com/fualab/fualab/shared/strictjson"
)

// ExternalIDColumn is the column of an item's external id.
const ExternalIDColumn = "external_id"

// The places of the columns in a row's values.
const (
	idColumn = iota
	nameColumn
	descriptionColumn
	attributesColumn
	expiresAtColumn
	createdAtColumn
	columnCount
)

// columns are those of a file of items. A column of any other name is an
// attribute. Ids and the worker's derivations stay in their platform.
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

// CheckColumns returns an error, a sentence for the client, unless every target
// of a mapping of headings to columns is one.
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

// Next returns the next row; see rowfile.Reader.Next. A row with faults is one
// that Apply refuses.
func (r *Reader) Next() (*Row, error) {
	row, err := r.Reader.Next()
	if err != nil {
		return nil, err
	}
	return rowOf(row), nil
}

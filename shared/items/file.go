package items

import (
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

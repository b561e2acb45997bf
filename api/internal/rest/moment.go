package rest

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/model"
)

// Moment is a time of the query that may be left out. The zero time is one, too:
// nothing was created before it.
type Moment struct {
	Text string
	set  bool
}

// Receiver implements huma.ParamWrapper.
func (m *Moment) Receiver() reflect.Value { return reflect.ValueOf(m).Elem().Field(0) }

// OnParamSet implements huma.ParamReactor.
func (m *Moment) OnParamSet(isSet bool, _ any) { m.set = isSet }

// Schema implements huma.SchemaProvider.
func (Moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// Read returns the time, nil for one that was left out.
func (m Moment) Read() (*model.Time, error) {
	if !m.set {
		return nil, nil //nolint:nilnil // as documented
	}
	at := new(model.Time)
	err := at.UnmarshalText([]byte(m.Text))
	return at, err
}

// Instant is Read for a moment that has been found to be one.
func (m Moment) Instant() *model.Time {
	at, err := m.Read()
	if err != nil {
		return nil
	}
	return at
}

// RFC3339 is empty for a time that was left out.
func (m Moment) RFC3339() string {
	if at := m.Instant(); at != nil {
		return at.String()
	}
	return ""
}

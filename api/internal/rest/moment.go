package rest

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/model"
)

// Moment is an optional time of the query. The zero time is a valid value:
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

// Read returns the time, or nil if it is absent.
func (m Moment) Read() (*model.Time, error) {
	if !m.set {
		return nil, nil //nolint:nilnil // as documented
	}
	at := new(model.Time)
	err := at.UnmarshalText([]byte(m.Text))
	return at, err
}

// Instant is Read for a valid moment.
func (m Moment) Instant() *model.Time {
	at, err := m.Read()
	if err != nil {
		return nil
	}
	return at
}

// RFC3339 is empty for an absent time.
func (m Moment) RFC3339() string {
	if at := m.Instant(); at != nil {
		return at.String()
	}
	return ""
}

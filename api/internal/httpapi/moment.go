package httpapi

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/model"
)

// moment is a time of the query that may be left out. The zero time is one, too:
// nothing was created before it.
type moment struct {
	Time time.Time
	set  bool
}

// Receiver implements huma.ParamWrapper.
func (m *moment) Receiver() reflect.Value { return reflect.ValueOf(m).Elem().Field(0) }

// OnParamSet implements huma.ParamReactor.
func (m *moment) OnParamSet(isSet bool, _ any) { m.set = isSet }

// Schema implements huma.SchemaProvider.
func (moment) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[time.Time]())
}

// rfc3339 is empty for what was left out.
func (m moment) rfc3339() string {
	if !m.set {
		return ""
	}
	return m.Time.UTC().Format(time.RFC3339Nano)
}

func (m moment) instant() *model.Time {
	if !m.set {
		return nil
	}
	t := model.NewTime(m.Time)
	return &t
}

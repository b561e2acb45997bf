package items_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	id := func(text string) *string { return &text }
	late := model.NewTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	last := model.NewTime(late.Std().Add(-time.Microsecond))
	for _, tt := range []struct {
		name    string
		fields  items.Fields
		pointer string // of the only fault; "" for none
	}{
		{"one character", items.Fields{Name: "x"}, ""},
		{"255 characters of four bytes", items.Fields{Name: strings.Repeat("😀", 255)}, ""},
		{"256 characters", items.Fields{Name: strings.Repeat("a", 256)}, "/0/name"},
		{"empty", items.Fields{}, "/0/name"},
		{"blank", items.Fields{Name: " \u00a0\t\u200b"}, "/0/name"},
		{"NUL in the name", items.Fields{Name: "a\x00"}, "/0/name"},
		{"NUL in the description", items.Fields{Name: "a", Description: "\x00"}, "/0/description"},
		{"long description", items.Fields{Name: "a", Description: strings.Repeat("é", 10_001)}, "/0/description"},
		{"10,000 characters of description", items.Fields{Name: "a", Description: strings.Repeat("é", 10_000)}, ""},
		{"external id", items.Fields{Name: "a", ExternalID: id("x")}, ""},
		{"external id of 255 characters", items.Fields{Name: "a", ExternalID: id(strings.Repeat("é", 255))}, ""},
		{"external id of 256 characters", items.Fields{Name: "a", ExternalID: id(strings.Repeat("é", 256))}, "/0/external_id"},
		{"empty external id", items.Fields{Name: "a", ExternalID: id("")}, "/0/external_id"},
		{"NUL in the external id", items.Fields{Name: "a", ExternalID: id("a\x00")}, "/0/external_id"},
		{"last instant", items.Fields{Name: "a", ExpiresAt: &last}, ""},
		{"the year 10000", items.Fields{Name: "a", ExpiresAt: &late}, "/0/expires_at"},
	} {
		faults := tt.fields.Validate("/0")
		switch {
		case tt.pointer == "" && len(faults) > 0:
			t.Errorf("%s: refused: %v", tt.name, faults)
		case tt.pointer != "" && (len(faults) != 1 || faults[0].Pointer != tt.pointer):
			t.Errorf("%s: faults %v, want one at %s", tt.name, faults, tt.pointer)
		}
	}
}

func TestChangeRevives(t *testing.T) {
	t.Parallel()
	now := model.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	before, after := model.NewTime(now.Std().Add(-time.Second)), model.NewTime(now.Std().Add(time.Second))
	for name, tt := range map[string]struct {
		expires *model.Time
		want    items.Status
	}{
		"never":     {nil, items.Active},
		"to come":   {&after, items.Active},
		"now":       {&now, items.Expired},
		"in a past": {&before, items.Expired},
	} {
		item := &items.Item{Status: items.Expired, Version: 7}
		item.Change(items.Fields{Name: "x", ExpiresAt: tt.expires}, now)
		if item.Status != tt.want || item.Version != 8 {
			t.Errorf("%s: status %s at version %d, want %s at 8", name, item.Status, item.Version, tt.want)
		}
	}
}

func TestNewItemIsToBeEnriched(t *testing.T) {
	t.Parallel()
	now := model.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	external := "x"
	fields := items.Fields{Name: "Name", Description: "Text", Attributes: `{"a":1}`, ExpiresAt: &now, ExternalID: &external}
	item := items.New(fields, now)
	if item.Fields() != fields || item.SearchText != "name\ntext" {
		t.Errorf("its fields are %+v", item)
	}
	if item.Status != items.Active || item.Version != 1 || item.EnrichedVersion != 0 || item.CreatedAt != now || item.UpdatedAt != now {
		t.Errorf("it begins as %+v", item)
	}
}

package model_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/model"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fields  model.ItemFields
		pointer string // of the only fault; "" for none
	}{
		{"one character", model.ItemFields{Name: "x"}, ""},
		{"255 characters of four bytes", model.ItemFields{Name: strings.Repeat("😀", 255)}, ""},
		{"256 characters", model.ItemFields{Name: strings.Repeat("a", 256)}, "/0/name"},
		{"empty", model.ItemFields{}, "/0/name"},
		{"blank", model.ItemFields{Name: " \u00a0\t\u200b"}, "/0/name"},
		{"NUL in the name", model.ItemFields{Name: "a\x00"}, "/0/name"},
		{"NUL in the description", model.ItemFields{Name: "a", Description: "\x00"}, "/0/description"},
		{"long description", model.ItemFields{Name: "a", Description: strings.Repeat("é", 10_001)}, "/0/description"},
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
		want    model.Status
	}{
		"never":     {nil, model.Active},
		"to come":   {&after, model.Active},
		"now":       {&now, model.Expired},
		"in a past": {&before, model.Expired},
	} {
		item := &model.Item{Status: model.Expired, Version: 7}
		item.Change(model.ItemFields{Name: "x", ExpiresAt: tt.expires}, now)
		if item.Status != tt.want || item.Version != 8 {
			t.Errorf("%s: status %s at version %d, want %s at 8", name, item.Status, item.Version, tt.want)
		}
	}
}

func TestSearchKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ a, b string }{
		{"STRASSE", "straße"}, {"Ｆｕｌｌ", "full"}, {"É", "e\u0301"}, {"ΣΊΣΥΦΟΣ", "σίσυφος"}, {"ﬁn", "FIN"},
	} {
		if x, y := model.SearchKey(tt.a), model.SearchKey(tt.b); x != y {
			t.Errorf("%q and %q differ: %q, %q", tt.a, tt.b, x, y)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	var a model.Time
	if err := a.UnmarshalText([]byte("2026-03-29T03:30:00.1234567+02:00")); err != nil {
		t.Fatal(err)
	}
	if got, want := a.String(), "2026-03-29T01:30:00.123456Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	v, err := a.Value()
	if err != nil {
		t.Fatal(err)
	}
	var b model.Time
	if err := b.Scan(v); err != nil || b != a {
		t.Errorf("scan %v: %v, %v; want %v", v, b, err, a)
	}
	for text, ok := range map[string]bool{
		"yesterday":                 false,
		"9999-12-31T23:59:59Z":      true,
		"9999-12-31T23:59:59-01:00": false, // 10000 in UTC
		"0001-01-01T00:00:00Z":      true,
		"0001-01-01T00:00:00+01:00": false,
		"0000-06-01T00:00:00Z":      false,
	} {
		if err := b.UnmarshalText([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v, want it accepted: %t", text, err, ok)
		}
	}
}

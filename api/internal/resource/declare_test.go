package resource_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/model"
)

type noRow struct {
	Name string `json:"name"`
}

type unnamed struct {
	resource.Row
	Name string
}

type twice struct {
	resource.Row
	A string `json:"a"`
	B string `json:"-" column:"a"`
}

type unexported struct {
	resource.Row
	name string //nolint:unused // the fault
}

type embedding struct {
	resource.Row
	noRow
}

type of[V any] struct {
	resource.Row
	F V `json:"f"`
}

type badWord struct {
	resource.Row
	F string `json:"f" list:"sorted"`
}

type badRow struct {
	resource.Row
	F string `json:"f" row:"uniq"`
}

type sortedBool struct {
	resource.Row
	F bool `json:"f" list:"sort"`
}

type searchedInt struct {
	resource.Row
	F int64 `json:"f" list:"search"`
}

type rangedText struct {
	resource.Row
	F string `json:"f" list:"range"`
}

type filteredTime struct {
	resource.Row
	F model.Time `json:"f" list:"filter"`
}

type referringText struct {
	resource.Row
	F string `json:"f" references:"others"`
}

type uniqueBool struct {
	resource.Row
	F bool `json:"f" row:"unique"`
}

type computedSort struct {
	resource.Row
	F string `json:"f" row:"computed" list:"sort"`
}

type nullDefault struct {
	resource.Row
	F *string `json:"f" default:"x"`
}

type strangeDefault struct {
	resource.Row
	F int64 `json:"f" default:"x"`
}

type defaultOutside struct {
	resource.Row
	F string `json:"f" enum:"a,b" default:"c"`
}

type longNumber struct {
	resource.Row
	F int64 `json:"f" maxLength:"3"`
}

type minimalText struct {
	resource.Row
	F string `json:"f" minimum:"3"`
}

type reserved struct {
	resource.Row
	F string `json:"limit" list:"filter"`
}

type nullRevision struct {
	resource.Row
	F *int64 `json:"f" row:"revision"`
}

type visibleInt struct {
	resource.Row
	F int64 `json:"f" row:"visible"`
}

type fine struct {
	resource.Row
	F string `json:"f"`
}

// TestWrongDeclarationsTellTheCure holds the text of each panic to the field and the cure.
func TestWrongDeclarationsTellTheCure(t *testing.T) {
	t.Parallel()
	o := resource.Options{Name: "note", Plural: "notes"}
	for want, declare := range map[string]func(){
		"noRow does not embed resource.Row; add it":                                 func() { resource.New[noRow](o) },
		"unnamed.Name has no name; give it a json tag":                              func() { resource.New[unnamed](o) },
		`twice.B has the name "a", which another field has; choose another`:         func() { resource.New[twice](o) },
		"unexported.name is not exported; begin its name with a capital":            func() { resource.New[unexported](o) },
		"embedding.noRow is embedded; embed resource.Row alone":                     func() { resource.New[embedding](o) },
		"F has the type int; use string, int64":                                     func() { resource.New[of[int]](o) },
		"F has the type []string; use string, int64":                                func() { resource.New[of[[]string]](o) },
		"F has the type *model.Attributes; a pointer is possible to":                func() { resource.New[of[*model.Attributes]](o) },
		`badWord.F has "sorted" in its tag list; the words are sort, search`:        func() { resource.New[badWord](o) },
		`badRow.F has "uniq" in its tag row; the words are unique`:                  func() { resource.New[badRow](o) },
		"sortedBool.F is sorted; a bool or an object has no order, so leave out":    func() { resource.New[sortedBool](o) },
		"searchedInt.F is searched and no text; leave out search":                   func() { resource.New[searchedInt](o) },
		"rangedText.F has a range; use it for model.Time":                           func() { resource.New[rangedText](o) },
		"filteredTime.F is a filter; use range for a time":                          func() { resource.New[filteredTime](o) },
		"referringText.F references others and is no int64; make it int64":          func() { resource.New[referringText](o) },
		"uniqueBool.F is unique; use it for a string or an int64":                   func() { resource.New[uniqueBool](o) },
		"computedSort.F is computed, so the database cannot look for it; leave out": func() { resource.New[computedSort](o) },
		"nullDefault.F has a default and may be null; leave one of them out":        func() { resource.New[nullDefault](o) },
		`strangeDefault.F has the default "x", which is no value of its type`:       func() { resource.New[strangeDefault](o) },
		`defaultOutside.F has the default "c", which its enum lacks; add it`:        func() { resource.New[defaultOutside](o) },
		"longNumber.F has a tag maxLength that does not fit; give a text":           func() { resource.New[longNumber](o) },
		"minimalText.F has a tag minimum that does not fit; give a number":          func() { resource.New[minimalText](o) },
		`reserved has two parameters "limit" of its lists; rename the column`:       func() { resource.New[reserved](o) },
		"nullRevision.F is the revision; make it an int64":                          func() { resource.New[nullRevision](o) },
		"visibleInt.F is visible; use it for a string":                              func() { resource.New[visibleInt](o) },
		`fine has the Name "Note" and the Plural ""; give both, in lower case`:      func() { resource.New[fine](resource.Options{Name: "Note"}) },
		`fine has "g" in Members, which does not belong there, or stands`:           func() { resource.New[fine](resource.Options{Name: "a", Plural: "as", Members: []string{"f", "g"}}) },
		`fine has "id" in File, which does not belong there, or stands`:             func() { resource.New[fine](resource.Options{Name: "a", Plural: "as", File: []string{"id"}}) },
		`fine has the Label "id", which is none of its texts; name one`:             func() { resource.New[fine](resource.Options{Name: "a", Plural: "as", Label: "id"}) },
	} {
		if said := panicOf(declare); !strings.Contains(said, want) {
			t.Errorf("the declaration says %q\nwant a text with %q", said, want)
		}
	}
	if said := panicOf(func() { resource.New[fine](o) }); said != "" {
		t.Errorf("a declaration without a fault says %q", said)
	}
}

func panicOf(f func()) (said string) {
	defer func() {
		if p := recover(); p != nil {
			said = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

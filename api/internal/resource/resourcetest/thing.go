// Package resourcetest proves the behaviour of a declared entity, and has entities that exist in tests alone.
package resourcetest

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

// State is where a thing is in its life.
type State string

// Thing is an entity with a field of each kind, and one for each tag but references.
type Thing struct {
	resource.Row
	Name     string           `json:"name" minLength:"1" maxLength:"100" example:"Sample" row:"visible" list:"sort,search" createDoc:"What it is called." patchDoc:"Cannot be taken away."`
	Notes    string           `json:"notes" default:"" maxLength:"1000" list:"search"`
	Code     *string          `json:"code" minLength:"1" maxLength:"40" row:"unique" list:"sort,filter"`
	State    State            `json:"state" enum:"open,done" default:"open" list:"filter"`
	Size     int64            `json:"size" default:"1" minimum:"0" maximum:"1000000" list:"sort,filter,range"`
	Weight   *float64         `json:"weight" minimum:"0" list:"sort,range"`
	Urgent   bool             `json:"urgent" default:"false" list:"filter"`
	Due      *model.Time      `json:"due" list:"sort,range"`
	Extra    model.Attributes `json:"extra"`
	Slug     *string          `json:"slug" row:"derived"`
	Made     int64            `json:"-" column:"made" row:"derived,revision"`
	Complete bool             `json:"complete" row:"computed" doc:"Whether the derived fields belong to this version."`
}

// Things are at /api/things.
func Things() *resource.Resource[Thing] {
	return resource.New[Thing](resource.Options{Name: "thing", Plural: "things", Label: "name"}).
		Complete(func(t *Thing) { t.Complete = t.Made >= t.Version })
}

// Part is an entity that refers to things.
type Part struct {
	resource.Row
	Title   string `json:"title" minLength:"1" maxLength:"100" list:"sort,search"`
	Serial  int64  `json:"serial" row:"unique" list:"sort,filter"`
	ThingID int64  `json:"thing_id" references:"things" list:"filter"`
	SpareID *int64 `json:"spare_id" references:"things" list:"filter"`
}

// Parts are at /api/parts.
func Parts() *resource.Resource[Part] {
	return resource.New[Part](resource.Options{Name: "part", Plural: "parts", Label: "title"})
}

//go:embed postgres.sql
var postgres string

//go:embed sqlite.sql
var sqlite string

// CreateTables makes the tables of things and of parts.
func CreateTables(t testing.TB, db *database.DB) {
	t.Helper()
	text := sqlite
	if db.IsPostgres() {
		text = postgres
	}
	for statement := range strings.SplitSeq(text, "\n\n") {
		if _, err := db.DB.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

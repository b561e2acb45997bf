package resource

import "github.com/fualab/fualab/shared/model"

// Row is the part that all entities have. A declared struct embeds it.
type Row struct {
	ID        int64       `json:"id" example:"1"`
	Version   int64       `json:"version" doc:"Counts the {record}'s changes."`
	CreatedAt model.Time  `json:"created_at" list:"sort,range"`
	UpdatedAt model.Time  `json:"updated_at" list:"sort"`
	DeletedAt *model.Time `json:"-" column:"deleted_at"`
	CreatedBy *string     `json:"-" column:"created_by"` // the id of the caller, where it was known
	UpdatedBy *string     `json:"-" column:"updated_by"`
}

// base returns the part itself, of any declared struct.
func (r *Row) base() *Row { return r }

type based interface{ base() *Row }

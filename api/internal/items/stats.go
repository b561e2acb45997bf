package items

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
)

type statsHandlers struct {
	db  *database.DB
	now func() time.Time
}

type itemStatsInput struct {
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"How many UTC days, today included."`
}

// dayStatsBody counts the changes of items on one day.
type dayStatsBody struct {
	Day      string `json:"day" format:"date" example:"2026-11-23" doc:"A UTC day."`
	Created  int64  `json:"created" doc:"Items that were created."`
	Updated  int64  `json:"updated" doc:"Changes by clients: an item that changes twice counts twice."`
	Expired  int64  `json:"expired" doc:"Times that an item expired; one that is made active again may expire again."`
	Deleted  int64  `json:"deleted" doc:"Deletions, also those that are taken back later. Purging what was deleted is no event."`
	Restored int64  `json:"restored" doc:"Deletions that were taken back, on the day on which they were."`
}

type itemStatsOutput struct {
	Body []dayStatsBody
}

func (h *statsHandlers) register(api *rest.API) {
	rest.Handle(api, rest.Operation{Scope: auth.Read, Operation: huma.Operation{
		OperationID: "item-stats", Method: http.MethodGet, Path: "/api/stats/items", Tags: []string{"Stats"},
		Summary: "Count what happened to items, by day", Description: "One entry for each day, ascending: each count is of what happened on that day, and nothing that happens later lowers it. The number of items changes by created + restored - deleted. The worker counts every few minutes.",
	}}, h.items)
}

func (h *statsHandlers) items(ctx context.Context, in *itemStatsInput) (*itemStatsOutput, error) {
	days, err := h.itemStats(ctx, in.Days)
	if err != nil {
		return nil, err
	}
	bodies := make([]dayStatsBody, len(days))
	for i, d := range days {
		bodies[i] = dayStatsBody{Day: d.Day, Created: d.Created, Updated: d.Updated, Expired: d.Expired, Deleted: d.Deleted, Restored: d.Restored}
	}
	return &itemStatsOutput{Body: bodies}, nil
}

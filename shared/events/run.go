package events

import (
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// OfRun returns an event about a run.
func OfRun(t Type, at model.Time, run *runs.Run) Event {
	return Event{Type: t, At: at, Run: &Run{
		ID: run.ID, Task: run.Task, State: string(run.State), Attempt: run.Attempt, RowsAffected: run.Output.RowsAffected,
	}}
}

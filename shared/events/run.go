package events

import (
	"encoding/json"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// OfRun returns an event about the run that job is.
func OfRun(t Type, at model.Time, job *rivertype.JobRow) Event {
	var output runs.Output
	_ = json.Unmarshal(job.Output(), &output) // a job that is no task's has an output of its own
	return Event{Type: t, At: at, Run: &Run{
		ID: job.ID, Task: job.Kind, State: string(job.State), Attempt: job.Attempt, RowsAffected: output.RowsAffected,
	}}
}

package runs

import (
	"encoding/json"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/model"
)

// Output is a run's record of itself, during its work and at its end.
type Output struct {
	RowsAffected int64      `json:"rows_affected"`
	Log          []Progress `json:"log,omitempty"`
}

// Progress is the progress of an attempt at one time.
type Progress struct {
	At           model.Time `json:"at"`
	Attempt      int        `json:"attempt"`
	RowsAffected int64      `json:"rows_affected"`
}

// MostProgress is the largest number of entries in a run's log of progress.
const MostProgress = 40

// AppendProgress adds p to log. If log is full, it drops every second entry
// except the last, so that the rest spans the whole run.
func AppendProgress(log []Progress, p Progress) []Progress {
	if len(log) < MostProgress {
		return append(log, p)
	}
	kept := make([]Progress, 0, MostProgress)
	for i, entry := range log {
		if i%2 == 0 || i == len(log)-1 {
			kept = append(kept, entry)
		}
	}
	return append(kept, p)
}

// OutputOf returns the Output in job. A job without a task has an output of
// another form; for it, the result is empty.
func OutputOf(job *rivertype.JobRow) Output {
	var output Output
	if json.Unmarshal(job.Output(), &output) != nil {
		return Output{}
	}
	return output
}

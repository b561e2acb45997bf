package runs

import (
	"encoding/json"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/model"
)

// Output is what a run records about itself while it works and when it ends.
type Output struct {
	RowsAffected int64      `json:"rows_affected"`
	Log          []Progress `json:"log,omitempty"`
}

// Progress is how far an attempt had got at a time.
type Progress struct {
	At           model.Time `json:"at"`
	Attempt      int        `json:"attempt"`
	RowsAffected int64      `json:"rows_affected"`
}

// MostProgress bounds a run's log of progress.
const MostProgress = 40

// AppendProgress adds p to log. From one that is full every second entry goes,
// but for the last, so that what is kept spans the whole run.
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

// OutputOf returns what job has recorded; a job that is no task's has an output
// of its own, and none here.
func OutputOf(job *rivertype.JobRow) Output {
	var output Output
	if json.Unmarshal(job.Output(), &output) != nil {
		return Output{}
	}
	return output
}

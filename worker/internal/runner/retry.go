package runner

import (
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/worker/internal/task"
)

// NextRetry implements river.ClientRetryPolicy.
func (r *Runner) NextRetry(job *rivertype.JobRow) time.Time {
	return r.cfg.Now().Add(wait(task.Retry{}, job.Attempt))
}

// NextRetry implements river.Worker.
func (e *executor) NextRetry(job *river.Job[runs.Args]) time.Time {
	return e.runner.cfg.Now().Add(wait(e.task.Retry, job.Attempt))
}

// wait returns the delay after a failed attempt. It doubles with each attempt,
// with a jitter of a fifth, so that runs that failed together do not retry
// together.
func wait(policy task.Retry, attempt int) time.Duration {
	policy = policy.WithDefaults()
	d := policy.First
	for range min(attempt-1, 62) {
		if d *= 2; d >= policy.Most {
			break
		}
	}
	d = min(d, policy.Most)
	return d*4/5 + rand.N(d*2/5+1) //nolint:gosec // jitter, not a secret
}

package console

import (
	"strings"

	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// scheduleBody is a schedule in the API's form.
type scheduleBody struct {
	Name          string                     `json:"name" doc:"The task's name."`
	Summary       string                     `json:"summary" doc:"What the task does."`
	Cron          string                     `json:"cron" example:"30 2 * * *" doc:"Five fields: minute, hour, day of month, month, day of week; or six, with the second first. All of them must match, including both day of month and day of week."`
	TimeZone      string                     `json:"time_zone" example:"Europe/Berlin" doc:"The time zone of the cron expression: an IANA name."`
	MissedPolicy  string                     `json:"missed_policy" enum:"skip,once,all" doc:"The treatment of due times without a live worker. skip: no run; once: one run, for the newest of them; all: one run for each."`
	OverlapPolicy string                     `json:"overlap_policy" enum:"skip,allow" doc:"The treatment of a due time while the task still runs. skip: no run; allow: a concurrent run."`
	Paused        bool                       `json:"paused" doc:"Whether due times are skipped until the schedule is resumed."`
	NextRunAt     model.Time                 `json:"next_run_at" format:"date-time" doc:"The next due time. It does not change while paused, and is computed anew when resumed."`
	LastRun       rest.Nullable[lastRunBody] `json:"last_run" doc:"The task's newest run, whatever started it; null for none."`
}

// lastRunBody is the part of a run in a schedule.
type lastRunBody struct {
	ID           int64       `json:"id" example:"1"`
	State        string      `json:"state" enum:"available,cancelled,completed,discarded,pending,retryable,running,scheduled" doc:"See Run."`
	StartedAt    *model.Time `json:"started_at" format:"date-time" nullable:"true"`
	FinishedAt   *model.Time `json:"finished_at" format:"date-time" nullable:"true"`
	RowsAffected int64       `json:"rows_affected"`
}

// scheduleBodyOf is the only conversion from the model; last may be nil.
func scheduleBodyOf(s *model.Schedule, last *runs.Run) scheduleBody {
	body := scheduleBody{
		Name: s.Name, Summary: s.Summary, Cron: s.Cron, TimeZone: s.TimeZone,
		MissedPolicy: string(s.MissedPolicy), OverlapPolicy: string(s.OverlapPolicy),
		Paused: s.Paused, NextRunAt: s.NextRunAt,
	}
	if last != nil {
		run := runBodyOf(last)
		body.LastRun.Value = &lastRunBody{
			ID: run.ID, State: run.State, StartedAt: run.StartedAt, FinishedAt: run.FinishedAt, RowsAffected: run.RowsAffected,
		}
	}
	return body
}

// schedulePatch is a JSON Merge Patch of a schedule.
type schedulePatch struct {
	Cron          rest.Optional[string]              `json:"cron,omitempty" maxLength:"200" doc:"Five or six fields that must all match, including both day of month and day of week; null for the task's declaration."`
	TimeZone      rest.Optional[string]              `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name; null for the task's declaration."`
	MissedPolicy  rest.Optional[model.MissedPolicy]  `json:"missed_policy,omitempty" enum:"skip,once,all" doc:"null for the task's declaration."`
	OverlapPolicy rest.Optional[model.OverlapPolicy] `json:"overlap_policy,omitempty" enum:"skip,allow" doc:"null for the task's declaration."`
	Paused        rest.Optional[bool]                `json:"paused,omitempty" nullable:"false" doc:"true pauses, false resumes."`
}

// apply changes s at now, or returns an Invalid error. After a new cron or time
// zone, and after resuming, the next due time is after now. Earlier due times
// are not made up for.
func (p *schedulePatch) apply(s *model.Schedule, now model.Time) error {
	if p.Paused.Null {
		return errs.InvalidFields(errs.Field{In: "body", Pointer: "/paused", Message: "must be true or false"})
	}
	before := *s
	p.Cron.Assign(&s.Cron, s.DeclaredCron)
	p.TimeZone.Assign(&s.TimeZone, s.DeclaredTimeZone)
	p.MissedPolicy.Assign(&s.MissedPolicy, s.DeclaredMissedPolicy)
	p.OverlapPolicy.Assign(&s.OverlapPolicy, s.DeclaredOverlapPolicy)
	p.Paused.Assign(&s.Paused, s.Paused)
	s.Cron = strings.Join(strings.Fields(s.Cron), " ")

	resumed := before.Paused && !s.Paused
	if s.Cron == before.Cron && s.TimeZone == before.TimeZone && !resumed {
		return nil
	}
	due, err := parseCron(s.Cron, s.TimeZone)
	if err != nil {
		return err
	}
	s.NextRunAt = model.NewTime(due.Next(now.Std()))
	return nil
}

// parseCron is cron.Validate with a field for each fault.
func parseCron(expression, timeZone string) (*cron.Schedule, error) {
	var faults []errs.Field
	if _, err := cron.Parse("* * * * *", timeZone); err != nil {
		faults = append(faults, errs.Field{In: "body", Pointer: "/time_zone", Message: err.Error()})
		timeZone = "UTC"
	}
	due, err := cron.Validate(expression, timeZone)
	if err != nil {
		faults = append(faults, errs.Field{In: "body", Pointer: "/cron", Message: err.Error()})
	}
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	return due, nil
}

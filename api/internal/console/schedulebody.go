package console

import (
	"strings"

	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// scheduleBody is a schedule as a client sees it.
type scheduleBody struct {
	Name          string                     `json:"name" doc:"The task's name."`
	Summary       string                     `json:"summary" doc:"What the task does."`
	Cron          string                     `json:"cron" example:"30 2 * * *" doc:"Five fields: minute, hour, day of month, month, day of week; or six, with the second first. All of them must match: day of month and day of week, too."`
	TimeZone      string                     `json:"time_zone" example:"Europe/Berlin" doc:"In which the cron expression is read: an IANA name."`
	MissedPolicy  string                     `json:"missed_policy" enum:"skip,once,all" doc:"What becomes of times at which no worker was there. skip: none of them runs; once: the newest stands for all; all: each runs."`
	OverlapPolicy string                     `json:"overlap_policy" enum:"skip,allow" doc:"What becomes of a time at which the task still runs. skip: it is left out; allow: it runs beside the other."`
	Paused        bool                       `json:"paused" doc:"Whether due times are left out until it is resumed."`
	NextRunAt     model.Time                 `json:"next_run_at" format:"date-time" doc:"The next due time. It stands still while paused, and is set anew when resumed."`
	LastRun       rest.Nullable[lastRunBody] `json:"last_run" doc:"The task's newest run, however it was made; null if there is none."`
}

// lastRunBody is what a schedule tells of a run.
type lastRunBody struct {
	ID           int64       `json:"id" example:"1"`
	State        string      `json:"state" enum:"available,cancelled,completed,discarded,pending,retryable,running,scheduled" doc:"See Run."`
	StartedAt    *model.Time `json:"started_at" format:"date-time" nullable:"true"`
	FinishedAt   *model.Time `json:"finished_at" format:"date-time" nullable:"true"`
	RowsAffected int64       `json:"rows_affected"`
}

// scheduleBodyOf is the one conversion from the model; last may be nil.
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
	Cron          rest.Optional[string]              `json:"cron,omitempty" maxLength:"200" doc:"Five or six fields, which must all match, day of month and day of week, too; null: as the task declares it."`
	TimeZone      rest.Optional[string]              `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name; null: as the task declares it."`
	MissedPolicy  rest.Optional[model.MissedPolicy]  `json:"missed_policy,omitempty" enum:"skip,once,all" doc:"Null: as the task declares it."`
	OverlapPolicy rest.Optional[model.OverlapPolicy] `json:"overlap_policy,omitempty" enum:"skip,allow" doc:"Null: as the task declares it."`
	Paused        rest.Optional[bool]                `json:"paused,omitempty" nullable:"false" doc:"True pauses, false resumes."`
}

// apply changes s at now, or returns an Invalid error. A change of cron or
// time zone, and a resumed schedule, look for the next due time from now on:
// what was due before is not made up for.
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

// parseCron is cron.Validate with each fault at its field.
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

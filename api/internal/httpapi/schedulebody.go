package httpapi

import (
	"strings"

	"github.com/riverqueue/river/rivertype"

	"github.com/fualab/fualab/shared/cron"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// scheduleBody is a schedule as a client sees it.
type scheduleBody struct {
	Name          string                `json:"name" example:"items.expire" doc:"The task's name."`
	Summary       string                `json:"summary" doc:"What the task does."`
	Cron          string                `json:"cron" example:"30 2 * * *" doc:"Five fields: minute, hour, day of month, month, day of week; or six, with the second first."`
	TimeZone      string                `json:"time_zone" example:"Europe/Berlin" doc:"In which the cron expression is read: an IANA name."`
	MissedPolicy  string                `json:"missed_policy" enum:"skip,once,all" doc:"What becomes of times at which no worker was there. skip: none of them runs; once: the newest stands for all; all: each runs."`
	OverlapPolicy string                `json:"overlap_policy" enum:"skip,allow" doc:"What becomes of a time at which the task still runs. skip: it is left out; allow: it runs beside the other."`
	Paused        bool                  `json:"paused" doc:"Whether due times are left out until it is resumed."`
	NextRunAt     model.Time            `json:"next_run_at" format:"date-time" doc:"The next due time. It stands still while paused, and is set anew when resumed."`
	LastRun       nullable[lastRunBody] `json:"last_run" doc:"The task's newest run, however it was made; null if there is none."`
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
func scheduleBodyOf(s *model.Schedule, last *rivertype.JobRow) scheduleBody {
	body := scheduleBody{
		Name: s.Name, Summary: s.Summary, Cron: s.Cron, TimeZone: s.TimeZone,
		MissedPolicy: string(s.MissedPolicy), OverlapPolicy: string(s.OverlapPolicy),
		Paused: s.Paused, NextRunAt: s.NextRunAt,
	}
	if last != nil {
		run := runBodyOf(last)
		body.LastRun.value = &lastRunBody{
			ID: run.ID, State: run.State, StartedAt: run.StartedAt, FinishedAt: run.FinishedAt, RowsAffected: run.RowsAffected,
		}
	}
	return body
}

// schedulePatch is a JSON Merge Patch of a schedule.
type schedulePatch struct {
	Cron          optional[string]              `json:"cron,omitempty" maxLength:"200" doc:"Five or six fields; null: as the task declares it."`
	TimeZone      optional[string]              `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name; null: as the task declares it."`
	MissedPolicy  optional[model.MissedPolicy]  `json:"missed_policy,omitempty" enum:"skip,once,all" doc:"Null: as the task declares it."`
	OverlapPolicy optional[model.OverlapPolicy] `json:"overlap_policy,omitempty" enum:"skip,allow" doc:"Null: as the task declares it."`
	Paused        optional[bool]                `json:"paused,omitempty" nullable:"false" doc:"True pauses, false resumes."`
}

// apply changes s at now, or returns an Invalid error. A change of cron or
// time zone, and a resumed schedule, look for the next due time from now on:
// what was due before is not made up for.
func (p *schedulePatch) apply(s *model.Schedule, now model.Time) error {
	if p.Paused.null {
		return errs.InvalidFields(errs.Field{In: "body", Pointer: "/paused", Message: "must be true or false"})
	}
	before := *s
	p.Cron.assign(&s.Cron, s.DeclaredCron)
	p.TimeZone.assign(&s.TimeZone, s.DeclaredTimeZone)
	p.MissedPolicy.assign(&s.MissedPolicy, s.DeclaredMissedPolicy)
	p.OverlapPolicy.assign(&s.OverlapPolicy, s.DeclaredOverlapPolicy)
	p.Paused.assign(&s.Paused, s.Paused)
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

// parseCron is cron.Parse with each fault at its field.
func parseCron(expression, timeZone string) (*cron.Schedule, error) {
	var faults []errs.Field
	if _, err := cron.Parse("* * * * *", timeZone); err != nil {
		faults = append(faults, errs.Field{In: "body", Pointer: "/time_zone", Message: err.Error()})
		timeZone = "UTC"
	}
	due, err := cron.Parse(expression, timeZone)
	if err != nil {
		faults = append(faults, errs.Field{In: "body", Pointer: "/cron", Message: err.Error()})
	}
	if len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	return due, nil
}

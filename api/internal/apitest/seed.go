package apitest

import (
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
)

// At is a time on the day on which the harness's clock begins, at 03:04:05.
func At(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999", "2026-01-02 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// InsertJob stores a job as it is, which River's client would not do.
func InsertJob(t testing.TB, db *database.DB, job riverdriver.JobInsertFullParams) int64 {
	t.Helper()
	job.Priority, job.Queue, job.ScheduledAt = 1, "default", job.CreatedAt
	if job.Metadata == nil {
		job.Metadata = []byte(`{}`)
	}
	row, err := runs.NewDriver(db).GetExecutor().JobInsertFull(t.Context(), &job)
	if err != nil {
		t.Fatal(err)
	}
	return row.ID
}

// Seed fills an empty database with a platform that has been at work: its
// jobs have the ids 1 to 6.
func Seed(t testing.TB, db *database.DB) {
	t.Helper()
	now := model.NewTime(At("00:00:00"))
	schedule := func(name, cron string, paused bool) *model.Schedule {
		return &model.Schedule{
			Name: name, Summary: "Does " + name + ".", Cron: cron, TimeZone: "UTC", MissedPolicy: "once", OverlapPolicy: "skip",
			DeclaredCron: "*/5 * * * *", DeclaredTimeZone: "UTC", DeclaredMissedPolicy: "once", DeclaredOverlapPolicy: "skip",
			Paused: paused, NextRunAt: model.NewTime(At("03:05:00")), UpdatedAt: now,
		}
	}
	worker := func(instance, started, beat string, running ...string) *model.Worker {
		return &model.Worker{Instance: instance, Version: "v1", StartedAt: model.NewTime(At(started)), LastBeat: model.NewTime(At(beat)), LagMS: 12, Running: append([]string{}, running...)}
	}
	for _, rows := range []any{
		&[]*model.Schedule{schedule("stats.rollup", "*/5 * * * *", false), schedule("rows.expire", "* * * * *", false), schedule("rows.purge", "30 2 * * *", true)},
		&[]*model.Worker{worker("young", "03:00:00", "03:04:05", "rows.enrich", "rows.enrich"), worker("old", "01:00:00", "02:00:00")},
	} {
		if _, err := db.NewInsert().Model(rows).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, job := range Jobs() {
		InsertJob(t, db, job)
	}
}

// Jobs has one job for each way in which a run can look.
func Jobs() []riverdriver.JobInsertFullParams {
	clock := func(s string) *time.Time { t := At(s); return &t }
	due := func(s string) []byte {
		return fmt.Appendf(nil, `{"trigger":"schedule","due_at":%q}`, At(s).Format(time.RFC3339))
	}
	attempt := func(n int, when, fault, trace string) []byte {
		return fmt.Appendf(nil, `{"attempt":%d,"at":%q,"error":%q,"trace":%q}`, n, At(when).Format(time.RFC3339Nano), fault, trace)
	}
	return []riverdriver.JobInsertFullParams{
		{
			Kind: "rows.expire", EncodedArgs: due("03:00:00"), State: "completed", Attempt: 2, MaxAttempts: 5, CreatedAt: clock("03:00:00.1"),
			AttemptedAt: clock("03:00:01.25"), FinalizedAt: clock("03:00:03"), AttemptedBy: []string{"old", "young"},
			Errors: [][]byte{attempt(1, "03:00:00.5", "panic: kaput", "goroutine 1")}, Metadata: []byte(`{"output":{"rows_affected":42}}`),
		},
		{
			Kind: "rows.expire", EncodedArgs: due("03:01:00"), State: "discarded", Attempt: 1, MaxAttempts: 1, CreatedAt: clock("03:01:00"),
			AttemptedAt: clock("03:01:00"), FinalizedAt: clock("03:01:01"), AttemptedBy: []string{"old"},
			Errors: [][]byte{attempt(1, "03:01:01", "no luck", "")}, Metadata: []byte(`{"output":{"rows_affected":7,"log":[{"at":"2026-01-02T03:01:01.000000Z","attempt":1,"rows_affected":7}]}}`),
		},
		{
			Kind: "stats.rollup", EncodedArgs: []byte(`{"trigger":"manual"}`), State: "running", Attempt: 1, MaxAttempts: 5, CreatedAt: clock("03:02:00"),
			AttemptedAt: clock("03:02:01"), AttemptedBy: []string{"young"}, Metadata: []byte(`{"output":{"rows_affected":5,"log":[{"at":"2026-01-02T03:02:01.500000Z","attempt":1,"rows_affected":3},{"at":"2026-01-02T03:02:02.500000Z","attempt":1,"rows_affected":5}]}}`),
		},
		{
			Kind: "rows.enrich", EncodedArgs: []byte(`{"trigger":"nudge"}`), State: "retryable", Attempt: 1, MaxAttempts: 5, CreatedAt: clock("03:03:00"),
			AttemptedAt: clock("03:03:00"), AttemptedBy: []string{"young"}, Errors: [][]byte{attempt(1, "03:03:01", "not now", "")},
		},
		{Kind: "foreign", EncodedArgs: []byte(`{"trigger":{"x":1},"due_at":"never"}`), Metadata: []byte(`{"output":"text"}`), State: "scheduled", MaxAttempts: 25, CreatedAt: clock("03:03:30")},
		{Kind: "rows.expire", EncodedArgs: due("03:04:00"), State: "available", MaxAttempts: 5, CreatedAt: clock("03:04:00")},
	}
}

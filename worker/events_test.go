package worker

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/task"
)

// TestEvents follows a task through the stream, from the notification to the
// run's end. It uses an embedded Redis with SQLite, and a real one with
// Postgres.
func TestEvents(t *testing.T) {
	t.Parallel()
	each(t, testdb.NewURL, func(t *testing.T, url config.DatabaseURL) {
		db := testdb.Open(t, url)
		var redisURL config.RedisURL
		if db.IsPostgres() {
			redisURL = testredis.Server(t)
		} else {
			_, redisURL = testredis.Embedded(t)
		}
		client, err := redis.Open(redisURL, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		if err := client.Del(t.Context(), events.Stream); err != nil {
			t.Fatal(err)
		}
		stream := func() (all []events.Event) {
			entries, err := client.XRangeN(t.Context(), events.Stream, "-", "+", 2*events.Kept)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				e, err := events.Decode(entry.Values)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, e)
			}
			return all
		}
		happened := func(what events.Type, match func(events.Event) bool) func() bool {
			return func() bool {
				for _, e := range stream() {
					if e.Type == what && match(e) {
						return true
					}
				}
				return false
			}
		}

		const changed events.Type = "things.changed"
		p := start(t, url, redisURL, task.Task{
			Name: "test.nudged", Summary: "changes a thing", Cron: "0 0 1 1 *", MissedPolicy: model.MissedSkip, OverlapPolicy: model.OverlapSkip,
			Timeout: testwait.Patience, Event: changed,
			Run: func(ctx context.Context) (task.Result, error) {
				task.Report(ctx, task.Result{RowsAffected: 1}, 7)
				return task.Result{RowsAffected: 1}, nil
			},
		})
		testwait.For(t, "the worker to join", happened(events.WorkersJoined, func(e events.Event) bool { return e.Name == "test-1" }))
		if err := runs.SendNudge(t.Context(), client, "test.nudged"); err != nil {
			t.Fatal(err)
		}
		var thing events.Event
		testwait.For(t, "the change", happened(changed, func(e events.Event) bool { thing = e; return true }))
		if thing.Count != 1 || !cmp.Equal(thing.IDs, []int64{7}) {
			t.Errorf("changed: %+v, want the row 7", thing)
		}
		ended := func(e events.Event) bool { return e.Run.Task == "test.nudged" && e.Run.RowsAffected == 1 }
		testwait.For(t, "its run's end", happened(events.RunsFinished, ended))
		p.stop()

		// The events of that run, in order.
		var id int64
		for _, e := range stream() {
			if e.Type == events.RunsFinished && ended(e) {
				id = e.Run.ID
			}
		}
		var order []string
		queued := 0 // the run may be at work before the event of its insertion
		for _, e := range stream() {
			switch {
			case e.Type == events.RunsQueued && e.Run != nil && e.Run.ID == id && e.Run.State == "available":
				queued++
			case e.Type == events.RunsProgress: // on a slow machine, where it takes a second
			case e.Run != nil && e.Run.ID == id:
				order = append(order, string(e.Type)+" "+e.Run.State)
			case e.Type == changed:
				order = append(order, string(e.Type))
			}
		}
		want := []string{"runs.started running", "things.changed", "runs.finished completed"}
		if diff := cmp.Diff(want, order); diff != "" || queued != 1 {
			t.Errorf("%d events of its insertion, want 1; the others (-want +got):\n%s", queued, diff)
		}
		all := stream()
		if last := all[len(all)-1]; last.Type != events.WorkersLeft || last.Name != "test-1" {
			t.Errorf("the last event is %+v; want that the worker left", last)
		}
	})
}

// Package metrics has the metrics of the worker's tasks: the work of this
// worker, and the state of schedules, queue and backlogs in the database.
package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/worker/internal/runner"
	"github.com/fualab/fualab/worker/internal/task"
)

// timeout is the limit of all queries for one scrape. A metric without its
// result by then is absent.
const timeout = 3 * time.Second

var (
	lastSuccess = desc("fualab_task_last_success_timestamp_seconds", "Time of the task's last success; before the first, the time of its schedule's declaration.", "task")
	due         = desc("fualab_task_due_timestamp_seconds", "Next due time of the task; absent while its schedule is paused.", "task")
	lag         = desc("fualab_task_lag_seconds", "Time that the task has been due without a run; 0 if it is not due.", "task")
	queueAge    = desc("fualab_queue_age_seconds", "Time that the oldest ready run has waited; 0 without such a run.")
	heartbeat   = desc("fualab_heartbeat_timestamp_seconds", "Time of this worker's last heartbeat.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Config configures New.
type Config struct {
	DB    *database.DB
	Tasks []task.Task
	Now   func() time.Time
}

// Tasks is a prometheus.Collector of all metrics of tasks.
type Tasks struct {
	now      func() time.Time
	store    store
	names    []string // of the tasks
	backlogs []backlog

	runs *prometheus.CounterVec
	rows *prometheus.CounterVec
	took *prometheus.HistogramVec

	mu        sync.Mutex
	succeeded map[string]time.Time // the last known success
	asked     map[string]bool      // whether the successes before this process were read
}

// backlog is the age of a task's waiting work.
type backlog struct {
	*prometheus.Desc
	since func(ctx context.Context) (time.Time, error)
}

// New returns Tasks with counters for all tasks from the beginning.
func New(cfg Config) *Tasks {
	t := &Tasks{
		now: cfg.Now, store: store{cfg.DB},
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fualab_task_runs_total", Help: "Number of ended attempts."}, []string{"task", "outcome"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fualab_task_rows_total", Help: "Number of rows that runs have affected."}, []string{"task"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fualab_task_duration_seconds", Help: "Duration of attempts.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600},
		}, []string{"task"}),
		succeeded: make(map[string]time.Time), asked: make(map[string]bool),
	}
	for _, of := range cfg.Tasks {
		t.names = append(t.names, of.Name)
		for _, outcome := range runner.Outcomes() {
			t.runs.WithLabelValues(of.Name, string(outcome))
		}
		t.rows.WithLabelValues(of.Name)
		t.took.WithLabelValues(of.Name)
		if b := of.Backlog; b != nil {
			t.backlogs = append(t.backlogs, backlog{desc(b.Metric(), b.Help), b.Since})
		}
	}
	return t
}

// Ended counts an attempt.
func (t *Tasks) Ended(e runner.Ended) {
	t.runs.WithLabelValues(e.Task, string(e.Outcome)).Inc()
	t.rows.WithLabelValues(e.Task).Add(float64(e.Rows))
	t.took.WithLabelValues(e.Task).Observe(e.Took.Seconds())
	if e.Outcome == runner.Completed {
		t.note(e.Task, e.At)
	}
}

// Describe implements prometheus.Collector.
func (t *Tasks) Describe(out chan<- *prometheus.Desc) {
	t.runs.Describe(out)
	t.rows.Describe(out)
	t.took.Describe(out)
	for _, d := range []*prometheus.Desc{lastSuccess, due, lag, queueAge} {
		out <- d
	}
	for _, b := range t.backlogs {
		out <- b.Desc
	}
}

// Collect implements prometheus.Collector.
func (t *Tasks) Collect(out chan<- prometheus.Metric) {
	t.runs.Collect(out)
	t.rows.Collect(out)
	t.took.Collect(out)
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	now := t.now()
	t.schedules(ctx, out, now)
	if since, err := t.store.waitsSince(ctx); err == nil {
		out <- gauge(queueAge, seconds(now, since))
	}
	for _, b := range t.backlogs {
		if since, err := b.since(ctx); err == nil {
			out <- gauge(b.Desc, seconds(now, since))
		}
	}
}

func (t *Tasks) schedules(ctx context.Context, out chan<- prometheus.Metric, now time.Time) {
	taskHealths, err := t.store.taskHealths(ctx, t.names)
	if err != nil {
		return
	}
	for _, p := range taskHealths {
		if p.SucceededAt != nil {
			t.note(p.Name, *p.SucceededAt)
		}
		if at, known := t.last(ctx, p); known {
			out <- gauge(lastSuccess, unix(at), p.Name)
		}
		behind := 0.0
		if !p.Paused {
			out <- gauge(due, unix(p.NextRunAt.Std()), p.Name)
			behind = seconds(now, p.NextRunAt.Std())
		}
		out <- gauge(lag, behind, p.Name)
	}
}

// last returns the last known success of p's task. It considers this worker's
// own runs, the newest run of the schedule, and, in one query, all earlier
// runs.
func (t *Tasks) last(ctx context.Context, p taskHealth) (at time.Time, known bool) {
	t.mu.Lock()
	asked := t.asked[p.Name]
	t.mu.Unlock()
	if !asked {
		before, err := t.store.lastSuccess(ctx, p.Name)
		if err != nil {
			return time.Time{}, false
		}
		t.note(p.Name, before)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked[p.Name] = true
	if at = t.succeeded[p.Name]; at.IsZero() {
		at = p.UpdatedAt.Std()
	}
	return at, true
}

// note keeps the latest success.
func (t *Tasks) note(task string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.After(t.succeeded[task]) {
		t.succeeded[task] = at
	}
}

// Heartbeat returns a collector of the time of last. It is empty while that
// time is zero.
func Heartbeat(last func() time.Time) prometheus.Collector { return beat(last) }

type beat func() time.Time

func (b beat) Describe(out chan<- *prometheus.Desc) { out <- heartbeat }

func (b beat) Collect(out chan<- prometheus.Metric) {
	if at := b(); !at.IsZero() {
		out <- gauge(heartbeat, unix(at))
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// seconds returns the age of since, or 0 for the zero time and for the future.
func seconds(now, since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, now.Sub(since).Seconds())
}

func unix(at time.Time) float64 { return float64(at.UnixMicro()) / 1e6 }

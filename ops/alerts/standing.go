package alerts

import (
	"slices"
	"time"

	"github.com/fualab/fualab/shared/objective"
)

// standing returns the alerts on the services' dependencies and on the workers.
func standing() []Alert {
	return slices.Concat([]Alert{{
		Name: "worker-heartbeat", Title: "Since a worker's last heartbeat", Of: worker, Severity: Page,
		Summary: "No worker's loop ticks",
		Rules: []Rule{{
			Measure: "time() - max(fualab_heartbeat_timestamp_seconds)", Above: objective.Heartbeat.Seconds(), Unit: "s",
			Absent: "fualab_heartbeat_timestamp_seconds", For: time.Minute,
		}},
		// The newest beat of all workers: other workers replace a hanging one.
		Alarms: []Alarm{{
			Service: worker, Metric: "HeartbeatAgeSeconds", Statistic: "Minimum",
			Threshold: objective.Heartbeat.Seconds(), Period: time.Minute, Periods: 3, Points: 3, Progress: true,
		}},
	}, {
		Name: "queue-age", Title: "Oldest run that waits for a worker", Of: worker, Severity: Page,
		Summary: "Runs are due, and no worker starts them",
		Rules:   []Rule{{Measure: "max(fualab_queue_age_seconds)", Above: objective.Queue.Seconds(), Unit: "s", For: time.Minute}},
		Alarms: []Alarm{{
			Service: worker, Metric: "QueueAgeSeconds", Statistic: "Maximum",
			Threshold: objective.Queue.Seconds(), Period: time.Minute, Periods: 3, Points: 3, Progress: true,
		}},
	}}, backlogs(), []Alert{{
		Name: "run-discarded", Title: "Runs discarded within an hour", Of: worker, Severity: Ticket,
		Summary: "A run has failed at every attempt, and is discarded",
		Rules:   []Rule{{Measure: "sum by (task) (increase(fualab_task_runs_total{outcome=\"discarded\"}[1h]))", Above: 0, Unit: "short"}},
	}, {
		Name: "database-pool", Title: "Callers that wait for a connection", Of: platform, Severity: Page,
		Summary: "On average more than one caller waits for a connection to the database",
		// The seconds of waiting per second are the number of waiting callers.
		Rules: []Rule{{Measure: "rate(db_client_connection_wait_seconds_total[5m])", Above: 1, Unit: "short", For: 5 * time.Minute}},
	}, {
		Name: "redis-lost", Title: "Services without Redis", Of: platform, Severity: Ticket,
		Summary: "Redis is configured and does not respond",
		Rules:   []Rule{{Measure: "1 - fualab_redis_up", Above: 0, Unit: "short", For: time.Minute}},
	}, {
		Name: "cache-incoherent", Title: "APIs that do not receive changes", Of: platform, Severity: Ticket,
		Summary: "Redis responds, but an API receives no changes: its responses may be a second old",
		Rules: []Rule{{
			Measure: "fualab_cache_incoherent", Above: 0, Unit: "short",
			While: "unless on (instance) fualab_redis_up == 0", For: 2 * time.Minute,
		}},
	}, {
		Name: "disk-space", Title: "Disk in use", Of: platform, Severity: Page,
		Summary: "SQLite's disk is nearly full: soon all writes fail",
		Rules:   []Rule{{Measure: "1 - fualab_data_disk_free_bytes / fualab_data_disk_size_bytes", Above: 0.9, Unit: "percentunit", For: 5 * time.Minute}},
	}})
}

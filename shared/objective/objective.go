// Package objective has the platform's service level objectives. The alerts and
// the API's /ready use the same values.
package objective

import "time"

// The API's objectives, over thirty days.
const (
	// Availability is the share of requests with a response other than 5xx.
	Availability = 0.999
	// Latency is the time within which LatencyShare of the requests are
	// answered.
	Latency      = 250 * time.Millisecond
	LatencyShare = 0.99
)

// The worker's objectives.
const (
	// Heartbeat is the longest time without a heartbeat of any worker: the
	// default of FUALAB_HEARTBEAT_TTL_SECONDS.
	Heartbeat = 45 * time.Second
	// Queue is the longest time that a run may wait for a worker.
	Queue = 5 * time.Minute

	// intervals is the number of successive due times that a task may miss.
	intervals = 3
)

// From is the time from which schedule intervals are computed, so that a limit
// does not depend on the day.
var From = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Silence returns the longest time without a success for a task with this
// interval.
func Silence(interval time.Duration) time.Duration { return intervals * interval }

// Package objective holds what the platform promises. The alerts are made of
// it, and the API's /ready answers by it, so that both tell the same.
package objective

import "time"

// The API's promises, over thirty days.
const (
	// Availability is the share of requests that are not answered by 5xx.
	Availability = 0.999
	// Latency is what LatencyShare of the requests are answered within.
	Latency      = 250 * time.Millisecond
	LatencyShare = 0.99
)

// The worker's promises.
const (
	// Heartbeat is how long a fleet may be without any beat: the default of
	// FUALAB_HEARTBEAT_TTL_SECONDS.
	Heartbeat = 45 * time.Second
	// Queue is how long a run may wait for a worker to start it.
	Queue = 5 * time.Minute

	// intervals is how many times in a row a task may miss.
	intervals = 3
)

// From is the time from which intervals are looked for, so that a limit does
// not depend on the day.
var From = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Silence returns how long a task that is due at least once an interval may be
// without a success.
func Silence(interval time.Duration) time.Duration { return intervals * interval }

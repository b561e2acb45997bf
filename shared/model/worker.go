package model

import "github.com/uptrace/bun"

// Worker is one worker process. Its row in the table workers is the
// authoritative record, and its JSON is the heartbeat in Redis.
type Worker struct {
	bun.BaseModel `bun:"table:workers" json:"-"`

	Instance  string   `bun:",pk" json:"instance"`
	Version   string   `json:"version"`
	StartedAt Time     `json:"started_at"`
	LastBeat  Time     `json:"last_beat"`
	LagMS     int64    `bun:"lag_ms" json:"lag_ms"` // delay of the loop's last tick, in milliseconds
	Running   []string `bun:"type:jsonb" json:"running"`
}

// HeartbeatKey is the Redis key of one worker's heartbeat. The key without the
// instance has the time of the newest heartbeat of any worker.
func HeartbeatKey(key, instance string) string { return key + ":" + instance }

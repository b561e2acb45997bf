package model

import "github.com/uptrace/bun"

// Worker is one worker process: its row in the table workers, which is the
// fleet's truth, and as JSON its heartbeat in Redis.
type Worker struct {
	bun.BaseModel `bun:"table:workers" json:"-"`

	Instance  string   `bun:",pk" json:"instance"`
	Version   string   `json:"version"`
	StartedAt Time     `json:"started_at"`
	LastBeat  Time     `json:"last_beat"`
	LagMS     int64    `bun:"lag_ms" json:"lag_ms"` // how late the loop's last turn began, in milliseconds
	Running   []string `bun:"type:jsonb" json:"running"`
}

// HeartbeatKey is the Redis key of one worker's heartbeat. The key without
// the instance holds the time of the newest beat of any worker.
func HeartbeatKey(key, instance string) string { return key + ":" + instance }

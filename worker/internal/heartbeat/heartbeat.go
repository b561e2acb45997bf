// Package heartbeat shows the fleet that a worker's loop turns. A row in the
// database is authoritative; keys in Redis expire by themselves.
package heartbeat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/version"
	"github.com/fualab/fualab/worker/internal/loop"
	"github.com/fualab/fualab/worker/internal/outage"
)

// The time limits of a heartbeat's parts. Together they fit into the time of a
// step. So a hanging database does not keep the heartbeat from Redis, and a
// hanging Redis does not block the loop.
const (
	rowTime   = time.Second
	redisTime = time.Second
)

// leaveTime is the limit of Leave, because the process is about to end.
const leaveTime = 3 * time.Second

// The rows of killed workers are deleted after pruneAfter without a heartbeat.
// Each search for them deletes a limited number.
const (
	silentFor  = 24 * time.Hour
	pruneEvery = time.Hour
	pruneBatch = 100
)

// Config configures a Beater.
type Config struct {
	Instance string
	Interval time.Duration   // between two heartbeats
	TTL      time.Duration   // time to live of the keys in Redis
	Key      string          // the key of the newest heartbeat of any worker; see model.HeartbeatKey
	Running  func() []string // the present tasks; nil: none
	DB       *database.DB
	Redis    *redis.Client      // nil: the row only
	Publish  func(events.Event) // nil: no events
	Now      func() time.Time
	Log      *slog.Logger
}

// Beater writes the heartbeats of one worker. It is not safe for concurrent
// use: the loop calls Step, and Leave comes after the loop.
type Beater struct {
	cfg       Config
	store     store
	started   model.Time
	joined    bool      // whether a row was written
	next      time.Time // when the next beat is due; zero before the first
	nextPrune time.Time
	last      atomic.Int64   // time of the last written row, in microseconds since 1970
	redis     outage.Tracker // logs each loss and each return of Redis once
}

// New returns a Beater of a worker that starts now.
func New(cfg Config) *Beater {
	if cfg.Publish == nil {
		cfg.Publish = func(events.Event) {}
	}
	return &Beater{cfg: cfg, store: store{cfg.DB}, started: model.NewTime(cfg.Now())}
}

// Step is the loop's step: it writes a heartbeat at its due time. A heartbeat
// proves that the turn got this far, so put Step after the steps to prove. If the
// row fails, the next turn tries again. If Redis fails, the next heartbeat does.
func (b *Beater) Step(ctx context.Context, turn loop.Turn) error {
	if b.next.IsZero() {
		b.next = turn.Began.Add(-turn.Lag)
		b.nextPrune = b.next
	}
	if turn.Began.Before(b.next) {
		return nil
	}
	beat := b.beat(turn)
	err := b.save(ctx, beat)
	b.announce(ctx, beat)
	if err != nil {
		return err
	}
	b.last.Store(beat.LastBeat.Std().UnixMicro())
	b.tell(beat.LastBeat)
	b.next = loop.Next(b.next, turn.Began, b.cfg.Interval)
	return b.prune(ctx, turn, beat)
}

// Last returns the time of the last written row, or the zero time. It is safe
// for concurrent use.
func (b *Beater) Last() time.Time {
	if at := b.last.Load(); at != 0 {
		return time.UnixMicro(at)
	}
	return time.Time{}
}

func (b *Beater) beat(turn loop.Turn) *model.Worker {
	return &model.Worker{
		Instance:  b.cfg.Instance,
		Version:   version.String(),
		StartedAt: b.started,
		LastBeat:  model.NewTime(b.cfg.Now()),
		LagMS:     turn.Lag.Milliseconds(),
		Running:   b.running(),
	}
}

func (b *Beater) running() []string {
	if b.cfg.Running == nil {
		return []string{}
	}
	return b.cfg.Running()
}

// save writes the row. A stop does not cancel it, because the database might
// still commit the row after Leave has deleted it.
func (b *Beater) save(ctx context.Context, beat *model.Worker) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rowTime)
	defer cancel()
	return b.store.save(ctx, beat)
}

// tell publishes a heartbeat whose row was written.
func (b *Beater) tell(at model.Time) {
	what := events.WorkersBeat
	if !b.joined {
		what = events.WorkersJoined
	}
	b.joined = true
	b.cfg.Publish(events.Event{Type: what, At: at, Name: b.cfg.Instance})
}

// announce writes the heartbeat to Redis. A failure is not an error, because
// the row exists.
func (b *Beater) announce(ctx context.Context, beat *model.Worker) {
	if b.cfg.Redis == nil {
		return
	}
	err := b.setKeys(ctx, beat)
	if err == nil {
		if lasted, ended := b.redis.Recovered(b.cfg.Now()); ended {
			b.cfg.Log.InfoContext(ctx, "Redis accepts the heartbeat again", "lost_for_seconds", lasted.Seconds())
		}
		return
	}
	if errors.Is(err, context.Canceled) || !b.redis.Failed(b.cfg.Now()) {
		return
	}
	b.cfg.Log.WarnContext(ctx, "Redis does not accept the heartbeat; only the database has it", "error", err)
}

func (b *Beater) setKeys(ctx context.Context, beat *model.Worker) error {
	ctx, cancel := context.WithTimeout(ctx, redisTime)
	defer cancel()
	own, err := json.Marshal(beat)
	if err != nil {
		return fmt.Errorf("encode the heartbeat: %w", err)
	}
	// One round trip without a transaction, because the keys may be on two
	// nodes of a cluster.
	pipe := b.cfg.Redis.Pipeline()
	pipe.Set(ctx, b.cfg.Key, beat.LastBeat.String(), b.cfg.TTL)
	pipe.Set(ctx, b.ownKey(), own, b.cfg.TTL)
	if err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("set the heartbeat %s: %w", b.cfg.Key, err)
	}
	return nil
}

func (b *Beater) ownKey() string { return model.HeartbeatKey(b.cfg.Key, b.cfg.Instance) }

// prune deletes the rows of dead workers from time to time.
func (b *Beater) prune(ctx context.Context, turn loop.Turn, beat *model.Worker) error {
	if turn.Began.Before(b.nextPrune) {
		return nil
	}
	cutoff := model.NewTime(beat.LastBeat.Std().Add(-silentFor))
	n, err := b.store.deleteSilentSince(ctx, cutoff, pruneBatch)
	if n < pruneBatch { // otherwise the next heartbeat may find more
		b.nextPrune = loop.Next(b.nextPrune, turn.Began, pruneEvery)
	}
	if n > 0 {
		b.cfg.Publish(events.Event{Type: events.WorkersLeft, At: beat.LastBeat}) // possibly several
		b.cfg.Log.InfoContext(ctx, "deleted the rows of dead workers", "workers", n)
	}
	return err
}

// Leave removes the worker from the fleet: its row, and its own key in Redis.
// The shared key stays for the other workers. Leave works for a limited time,
// even after the end of ctx.
func (b *Beater) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	err := b.store.delete(ctx, b.cfg.Instance)
	if err == nil {
		b.cfg.Publish(events.Event{Type: events.WorkersLeft, At: model.NewTime(b.cfg.Now()), Name: b.cfg.Instance})
	}
	if b.cfg.Redis == nil {
		return err
	}
	if e := b.cfg.Redis.Del(ctx, b.ownKey()); e != nil {
		err = errors.Join(err, fmt.Errorf("delete the heartbeat %s: %w", b.ownKey(), e))
	}
	return err
}

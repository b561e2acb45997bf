// Package heartbeat tells the fleet that a worker's loop turns: a row in the
// database, which is the truth, and keys in Redis that expire by themselves.
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

// What each part of a beat may take. Together they fit into the time that the
// loop gives a step, so that neither a hanging database keeps Redis from its
// beat nor a hanging Redis the loop from turning.
const (
	rowTime   = time.Second
	redisTime = time.Second
)

// leaveTime bounds Leave: the process is about to end.
const leaveTime = 3 * time.Second

// Rows of workers that were killed are deleted once they have been silent for
// so long, looked for so often, at most so many at once.
const (
	silentFor  = 24 * time.Hour
	pruneEvery = time.Hour
	pruneBatch = 100
)

// Config configures a Beater.
type Config struct {
	Instance string
	Interval time.Duration   // from one beat to the next
	TTL      time.Duration   // of the keys in Redis
	Key      string          // of the newest beat of any worker; see model.HeartbeatKey
	Running  func() []string // the tasks it is running; nil: none
	DB       *database.DB
	Redis    *redis.Client      // nil: the row only
	Publish  func(events.Event) // nil: nobody is told
	Now      func() time.Time
	Log      *slog.Logger
}

// Beater writes the heartbeat of one worker. It is not safe for concurrent
// use: the loop calls Step, and Leave comes after the loop.
type Beater struct {
	cfg       Config
	store     store
	started   model.Time
	joined    bool      // whether a row was written
	next      time.Time // when the next beat is due; zero before the first
	nextPrune time.Time
	last      atomic.Int64   // when the last one was written, in microseconds since 1970
	redis     outage.Tracker // Redis is said to be lost once, and regained once
}

// New returns a Beater of a worker that starts now.
func New(cfg Config) *Beater {
	if cfg.Publish == nil {
		cfg.Publish = func(events.Event) {}
	}
	return &Beater{cfg: cfg, store: store{cfg.DB}, started: model.NewTime(cfg.Now())}
}

// Step is the loop's: it beats when a beat is due. Put it last, so that a
// beat says that the turn got that far. A beat whose row could not be written
// is tried again in the next turn, one that Redis missed when the next is due.
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

// Last returns when the last beat's row was written, the zero time before the
// first. It is safe for concurrent use.
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

// save writes the row. A stop does not cut it short: the database might still
// commit it after Leave has deleted the row.
func (b *Beater) save(ctx context.Context, beat *model.Worker) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rowTime)
	defer cancel()
	return b.store.save(ctx, beat)
}

// tell publishes a beat whose row was written.
func (b *Beater) tell(at model.Time) {
	what := events.WorkersBeat
	if !b.joined {
		what = events.WorkersJoined
	}
	b.joined = true
	b.cfg.Publish(events.Event{Type: what, At: at, Name: b.cfg.Instance})
}

// announce writes the beat to Redis. Losing Redis is no error: the row stands.
func (b *Beater) announce(ctx context.Context, beat *model.Worker) {
	if b.cfg.Redis == nil {
		return
	}
	err := b.setKeys(ctx, beat)
	if err == nil {
		if lasted, ended := b.redis.Recovered(b.cfg.Now()); ended {
			b.cfg.Log.InfoContext(ctx, "Redis is back, and with it the heartbeat there", "lost_for_seconds", lasted.Seconds())
		}
		return
	}
	if errors.Is(err, context.Canceled) || !b.redis.Failed(b.cfg.Now()) {
		return
	}
	b.cfg.Log.WarnContext(ctx, "Redis is lost; the heartbeat goes to the database only", "error", err)
}

func (b *Beater) setKeys(ctx context.Context, beat *model.Worker) error {
	ctx, cancel := context.WithTimeout(ctx, redisTime)
	defer cancel()
	own, err := json.Marshal(beat)
	if err != nil {
		return fmt.Errorf("encode the heartbeat: %w", err)
	}
	// One round trip. The keys may live on two nodes of a cluster, so this is
	// no transaction, and needs none.
	pipe := b.cfg.Redis.Pipeline()
	pipe.Set(ctx, b.cfg.Key, beat.LastBeat.String(), b.cfg.TTL)
	pipe.Set(ctx, b.ownKey(), own, b.cfg.TTL)
	if err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("set the heartbeat %s: %w", b.cfg.Key, err)
	}
	return nil
}

func (b *Beater) ownKey() string { return model.HeartbeatKey(b.cfg.Key, b.cfg.Instance) }

// prune deletes rows that dead workers left, now and then.
func (b *Beater) prune(ctx context.Context, turn loop.Turn, beat *model.Worker) error {
	if turn.Began.Before(b.nextPrune) {
		return nil
	}
	cutoff := model.NewTime(beat.LastBeat.Std().Add(-silentFor))
	n, err := b.store.deleteSilentSince(ctx, cutoff, pruneBatch)
	if n < pruneBatch { // otherwise there may be more, for the next beat
		b.nextPrune = loop.Next(b.nextPrune, turn.Began, pruneEvery)
	}
	if n > 0 {
		b.cfg.Publish(events.Event{Type: events.WorkersLeft, At: beat.LastBeat}) // several, perhaps
		b.cfg.Log.InfoContext(ctx, "deleted workers long silent", "workers", n)
	}
	return err
}

// Leave takes the worker out of the fleet: its row, and its own key in Redis.
// The key that the fleet shares stays, for the others. It works, for a
// bounded time, though ctx may have ended.
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

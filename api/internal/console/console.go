// Package console serves the parts that every product has: health, schedules, runs,
// workers, tokens and live events, with the SQL of each.
package console

import (
	"cmp"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/live"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/health"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/schema"
)

// Config has the settings and the parts of the console. Log is always required.
// DB, Queue, Draining and Now are required to serve requests.
type Config struct {
	Service      string // name in /health
	DB           *database.DB
	Reserved     *database.DB  // the same database on separate connections, for /ready; nil: DB
	Queue        *runs.Client  // the runs, in DB
	Redis        *redis.Client // nil: runs without Redis
	Live         *live.Hub     // the events of GET /api/events; nil: none
	Cached       bool          // whether the API has a cache, for /ready
	HeartbeatTTL time.Duration
	ReadyAge     time.Duration      // largest age of a cached result of /ready; 0: each request checks
	Ping         time.Duration      // time between two pings on a stream; 0: 15 s
	Draining     func() bool        // reports that the process is about to stop
	Publish      func(events.Event) // publishes a change without waiting; nil: no events
	Unpublished  func() bool        // reports that Redis does not accept events; nil: it does
	Now          func() time.Time
	Log          *slog.Logger
	Words        Words
}

// Words are the product's words in the document and in messages.
type Words struct {
	Record string // one of its records, such as note
	Task   string // an example of a task's name
	Event  string // an example of an event's type
	Events string // the types of its events, with a comma after them
}

// into puts the words into the schemas of the console.
func (w Words) into(schemas map[string]*huma.Schema) {
	for schema, property := range map[string]string{"Run": "task", "Schedule": "name", "OverdueTask": "task"} {
		schemas[schema].Properties[property].Examples = []any{w.Task}
	}
	event := schemas["Event"].Properties
	event["type"].Examples = []any{w.Event}
	for _, property := range []string{"count", "ids", "name"} {
		event[property].Description = strings.Replace(event[property].Description, "record", w.Record, 1)
	}
}

// Register registers the operations of the console.
func Register(api *rest.API, c Config) {
	if c.Publish == nil {
		c.Publish = func(events.Event) {}
	}
	// Run and Import name the bodies of GET /api/runs/{id} and GET /api/imports/{id}.
	api.NameSchema(reflect.TypeFor[*events.Run](), "EventRun")
	api.NameSchema(reflect.TypeFor[*events.Import](), "EventImport")

	schedules := &scheduleStore{c.DB, c.Now}
	jobs := &runStore{c.DB, c.Queue, schedules}
	vital := cmp.Or(c.Reserved, c.DB)
	watched := &scheduleStore{vital, c.Now}
	(&healthHandlers{
		service: c.Service, db: vital, schedules: watched, runs: &runStore{vital, c.Queue, watched}, redis: c.Redis, live: c.Live, cached: c.Cached,
		heartbeatTTL: c.HeartbeatTTL, readyAge: c.ReadyAge, draining: c.Draining, unpublished: c.Unpublished, now: c.Now,
		journal: health.NewJournal(c.Log), overdueLimits: new(overdueLimits),
	}).register(api)
	(&scheduleHandlers{schedules, jobs, c.Publish, c.Now}).register(api)
	(&runHandlers{jobs, c.Words.Task, c.Publish, c.Now}).register(api)
	(&workerHandlers{&workerStore{c.DB}, c.HeartbeatTTL, c.Now}).register(api)
	(&eventHandlers{c.Live, cmp.Or(c.Ping, eventPing), c.Now, api, c.Words}).register(api)
	(&tokenHandlers{NewTokenStore(c.DB, c.Now)}).register(api)
	registerMe(api)
	c.Words.into(api.Document().Components.Schemas.Map())
}

// server is the database for the checks of /ready.
type server struct{ db *database.DB }

// Dialect returns "postgres" or "sqlite".
func (s server) Dialect() string { return s.db.DialectName() }

// Ping returns an error unless the database answers and accepts writes; see
// database.DB.Check.
func (s server) Ping(ctx context.Context) error { return s.db.Check(ctx) }

// SchemaVersion returns the newest applied migration, "" for none.
func (s server) SchemaVersion(ctx context.Context) (string, error) { return schema.Applied(ctx, s.db) }

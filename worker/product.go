package worker

import (
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/worker/internal/items"
	"github.com/fualab/fualab/worker/internal/task"
)

// ProductConfig has the settings of the product's tasks.
type ProductConfig struct {
	ItemRetention  config.Days `env:"ITEM_RETENTION_DAYS" envDefault:"30" doc:"time from the deletion of an item to its purge, in days"`
	EventRetention config.Days `env:"EVENT_RETENTION_DAYS" envDefault:"400" doc:"time that events of items are kept, in days; the daily counts come from them"`
}

// faults checks the rules that types cannot express.
func (c ProductConfig) faults() []config.Fault {
	if c.EventRetention.Duration() < 48*time.Hour {
		return []config.Fault{{Variable: "FUALAB_EVENT_RETENTION_DAYS", Message: "must be at least 2, because today and yesterday are still counted"}}
	}
	return nil
}

// productTasks returns the product's tasks. All of them are listed here.
func productTasks(cfg Config, db *database.DB, now func() time.Time, publish func(events.Event)) []task.Task {
	d := items.Deps{
		DB: db, Publish: publish, Now: now,
		Retention:       cfg.ItemRetention.Duration(),
		ImportRetention: cfg.RunRetention.Duration(),
		EventRetention:  cfg.EventRetention.Duration(),
	}
	return []task.Task{
		items.Enrich(d),
		items.Expire(d),
		items.Purge(d),
		items.Rollup(d),
		items.Import(d),
	}
}

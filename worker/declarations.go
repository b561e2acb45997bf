package worker

import (
	"cmp"
	"time"

	"github.com/fualab/fualab/worker/internal/tasks"
)

// Declaration is what a task's code says of it, for what watches over it.
type Declaration struct {
	Name     string // items.expire
	Summary  string
	Cron     string // see shared/cron
	TimeZone string // IANA
	Timeout  time.Duration
}

// Declarations returns every task's, in the order of the registry.
func Declarations() []Declaration {
	all := tasks.All(tasks.Deps{})
	declared := make([]Declaration, len(all))
	for i, t := range all {
		declared[i] = Declaration{Name: t.Name, Summary: t.Summary, Cron: t.Cron, TimeZone: cmp.Or(t.TimeZone, "UTC"), Timeout: t.Timeout}
	}
	return declared
}

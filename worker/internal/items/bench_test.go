package items

import (
	"testing"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
)

const benchItems = 50_000

// BenchmarkEnrich enriches new items with different names, and with equal
// names.
func BenchmarkEnrich(b *testing.B) {
	for _, dialect := range testdb.Dialects {
		b.Run(dialect+"/names", func(b *testing.B) { benchmark(b, dialect, "'Sample item number ' || n", Enrich) })
		b.Run(dialect+"/duplicates", func(b *testing.B) { benchmark(b, dialect, "'Sample'", Enrich) })
	}
}

// BenchmarkExpire expires overdue items.
func BenchmarkExpire(b *testing.B) {
	for _, dialect := range testdb.Dialects {
		b.Run(dialect, func(b *testing.B) { benchmark(b, dialect, "'Sample item number ' || n", Expire) })
	}
}

func benchmark(b *testing.B, dialect, name string, declare func(Deps) task.Task) {
	for b.Loop() {
		b.StopTimer()
		db := testdb.New(b, dialect)
		fill(b, db, benchItems, name)
		pass := declare(deps(db))
		b.StartTimer()
		result, err := pass.Run(b.Context())
		if err != nil || result.RowsAffected != benchItems {
			b.Fatalf("changed %d, %v", result.RowsAffected, err)
		}
	}
	b.ReportMetric(float64(benchItems*b.N)/b.Elapsed().Seconds(), "items/s")
}

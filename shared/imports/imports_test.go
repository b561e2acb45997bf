package imports_test

import (
	"testing"
	"time"

	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/model"
)

func TestRateAndRemaining(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	total := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		name  string
		state imports.State
		took  time.Duration
		read  int64
		total *int64
		rate  float64
		rest  time.Duration
		known bool
	}{
		{"validating", imports.Validating, 10 * time.Second, 500, nil, 50, 0, false},
		{"importing", imports.Importing, 10 * time.Second, 500, total(2000), 50, 30 * time.Second, true},
		{"within the first second", imports.Importing, 100 * time.Millisecond, 5, total(10), 50, 0, true},
		{"half a second is rounded up", imports.Importing, time.Second, 2, total(3), 2, time.Second, true},
		{"at its end", imports.Importing, 10 * time.Second, 2000, total(2000), 200, 0, true},
		{"more rows than in all", imports.Importing, 10 * time.Second, 3000, total(2000), 300, 0, true},
		{"nothing read", imports.Importing, 10 * time.Second, 0, total(2000), 0, 0, false},
		{"just begun", imports.Importing, 0, 500, total(2000), 0, 0, false},
		{"the clock set back", imports.Importing, -time.Second, 500, total(2000), 0, 0, false},
		{"queued", imports.Queued, 10 * time.Second, 500, total(2000), 0, 0, false},
		{"completed", imports.Completed, 10 * time.Second, 500, total(2000), 0, 0, false},
	} {
		i := &imports.Import{
			State: tt.state, RowsRead: tt.read, RowsTotal: tt.total,
			PhaseAt: model.NewTime(begin), UpdatedAt: model.NewTime(begin.Add(tt.took)),
		}
		if got := i.Rate(); got != tt.rate {
			t.Errorf("%s: %g rows a second, want %g", tt.name, got, tt.rate)
		}
		if rest, known := i.Remaining(); rest != tt.rest || known != tt.known {
			t.Errorf("%s: %s remain, %t; want %s, %t", tt.name, rest, known, tt.rest, tt.known)
		}
	}
}

func TestEndedImports(t *testing.T) {
	t.Parallel()
	for state, want := range map[imports.State]bool{
		imports.Uploading: false, imports.Queued: false, imports.Validating: false, imports.Importing: false,
		imports.Completed: true, imports.Failed: true, imports.Cancelled: true,
	} {
		if got := state.Ended(); got != want {
			t.Errorf("%s: ended is %t, want %t", state, got, want)
		}
	}
}

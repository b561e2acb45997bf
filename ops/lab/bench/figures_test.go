package main

import (
	"strings"
	"testing"
)

func TestMissedGoalsAreNamed(t *testing.T) {
	t.Parallel()
	var f figures
	f.atLeast(10, 10, "fast enough")
	f.atMost(1, 0.5, "cheap enough")
	var out strings.Builder
	if err := f.table(&out); err != nil || strings.Count(out.String(), "| ok |") != 2 {
		t.Errorf("%v:\n%s", err, &out)
	}
	f.atLeast(10_000, 9_999, "slow %d", 1)
	f.atMost(2, 2.01, "dear")
	if err := f.table(&out); err == nil || err.Error() != "missed: slow 1; dear" {
		t.Errorf("returned %v", err)
	}
}

func TestLoosenedBoundsStillFail(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		got   float64
		least bool
		right bool
	}{
		"WithinTheFactor": {11, true, true}, "BelowTheFactor": {9, true, false},
		"MostWithinTheFactor": {999, false, true}, "MostAboveTheFactor": {1001, false, false},
	} {
		f := figures{{name: name, got: tt.got, least: tt.least, want: 100}}
		f.loosen(10)
		if f[0].right() != tt.right {
			t.Errorf("%s: %v against a bound of %v", name, tt.got, f[0].want)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	got := metrics(`goos: linux
BenchmarkAgainstRiver/concurrency=4-2         	       5	       190.5 bare-runs/s	         0.9870 ratio	       188.0 runs/s
BenchmarkIdleTurn/postgres-2  2000  123456 ns/op  0.0512 %cpu  0.1234 %wall
PASS
`)
	if got["BenchmarkAgainstRiver/concurrency=4"]["ratio"] != 0.987 || got["BenchmarkIdleTurn/postgres"]["%cpu"] != 0.0512 {
		t.Errorf("read %v", got)
	}
}

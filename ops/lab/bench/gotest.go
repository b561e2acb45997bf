package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// The goals of the worker's own benchmarks.
const (
	riverShare = 0.8 // of the runs a second of River alone
	idleShare  = 1   // percent of a core, for a tick over 1,000 schedules
)

// benchInside runs the benchmarks that need the worker's internals, by go test.
func benchInside(ctx context.Context, f *figures, out io.Writer) error {
	against, err := goBench(ctx, out, "AgainstRiver", "5x", "./worker/internal/runner")
	if err != nil {
		return err
	}
	for _, concurrency := range []int{4, 1000} {
		ratio, ok := against[fmt.Sprintf("BenchmarkAgainstRiver/concurrency=%d", concurrency)]["ratio"]
		if !ok {
			return fmt.Errorf("no ratio of AgainstRiver with %d slots", concurrency)
		}
		f.atLeast(riverShare, ratio, "runner's throughput, of River's alone, %d slots", concurrency)
	}
	idle, err := goBench(ctx, out, "IdleTurn", "2000x", "./worker/internal/schedule")
	if err != nil {
		return err
	}
	share, ok := idle["BenchmarkIdleTurn/postgres"]["%cpu"]
	if !ok {
		return fmt.Errorf("no share of a core of IdleTurn")
	}
	f.atMost(idleShare, share, "tick over 1,000 idle schedules, %% of a core")
	return nil
}

// goBench runs one benchmark from the root of the repository and returns its
// metrics by name and unit.
func goBench(ctx context.Context, out io.Writer, name, times, dir string) (map[string]map[string]float64, error) {
	var text bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", name, "-benchtime", times, dir) //nolint:gosec // constants
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&text, out), out
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("benchmark %s: %w", name, err)
	}
	return metrics(text.String()), nil
}

// metrics parses go test's lines: a name, a count, and pairs of value and unit.
func metrics(text string) map[string]map[string]float64 {
	all := make(map[string]map[string]float64)
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := fields[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of processors
			name = name[:i]
		}
		all[name] = make(map[string]float64)
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				all[name][fields[i+1]] = value
			}
		}
	}
	return all
}

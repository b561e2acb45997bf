package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

// TestJudgeSoak: growth of each resource is found, and noise is not growth.
func TestJudgeSoak(t *testing.T) {
	t.Parallel()
	const d = 5 * time.Minute
	soak := func(change func(s *sample)) []sample {
		var all []sample
		for at := time.Duration(0); at < d; at += 3 * time.Second {
			s := sample{at: at, values: [len(held)]float64{60, 12, 70, 60, 90}}
			change(&s)
			all = append(all, s)
		}
		return all
	}
	grows := func(i int, perMinute float64) func(*sample) {
		return func(s *sample) { s.values[i] += perMinute * s.at.Minutes() }
	}
	for name, tt := range map[string]struct {
		change func(*sample)
		want   string // in the error; empty: none
	}{
		"flat":        {func(*sample) {}, ""},
		"memory":      {grows(0, 8), "memory, MB"},
		"threads":     {grows(1, 3), "threads"},
		"open files":  {grows(2, 3), "open files"},
		"connections": {grows(3, 3), "connections"},
		"goroutines":  {grows(4, 10), "goroutines"},
		"a peak": {func(s *sample) {
			if s.at.Truncate(30*time.Second) == s.at {
				s.values[0] *= 2
			}
		}, ""},
		"warming up": {func(s *sample) {
			if s.at < time.Minute {
				s.values[0] = 20
			}
		}, ""},
		"not sampled": {func(s *sample) { s.at /= 2 }, "too few"},
		"gone": {func(s *sample) {
			if s.at > 4*time.Minute {
				s.err = io.ErrUnexpectedEOF
			}
		}, "sample the API"},
	} {
		err := judgeSoak(soak(tt.change), d, io.Discard)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

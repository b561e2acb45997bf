package cron

import "time"

const (
	mostDues = 20_000               // the due times of a minutely schedule in a fortnight
	farAhead = 400 * 24 * time.Hour // contains each month and weekday
)

// Interval returns the longest time between two successive due times after
// from: an hour for 17 * * * *, a weekend and a night for a schedule in office
// hours. It looks at most 400 days or 20,000 due times ahead. For a schedule
// with less than two due times in them, it returns 400 days.
func (s *Schedule) Interval(from time.Time) time.Duration {
	end, longest := from.Add(farAhead), time.Duration(0)
	last := s.Next(from)
	for range mostDues {
		next := s.Next(last)
		if last.IsZero() || next.IsZero() || next.After(end) {
			break
		}
		longest = max(longest, next.Sub(last))
		last = next
	}
	if longest == 0 {
		return farAhead
	}
	return longest
}

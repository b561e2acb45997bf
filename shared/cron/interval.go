package cron

import "time"

const (
	mostDues = 20_000               // a schedule of each minute has so many in a fortnight
	farAhead = 400 * 24 * time.Hour // each month and weekday is within it
)

// Interval returns the longest time between two due times in a row, looking
// ahead from a time: an hour for 17 * * * *, a weekend and a night for one of
// office hours. It looks at most 400 days or 20,000 due times ahead, and
// returns those 400 days for a schedule that is due less than twice within
// them.
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

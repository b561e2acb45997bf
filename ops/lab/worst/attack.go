package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// attack is a time of requests by many callers at once.
type attack struct {
	api      *service
	watched  []*service // whose memory counts
	duration time.Duration
	seed     uint64
	// until reports whether the work that the requests left is done. The other caller continues until then, for drainLimit
	// at most. nil: no work is left.
	until func(ctx context.Context) (done bool, err error)
}

// run sends requests for the duration, prints the figures and returns the exceeded limits.
func (a attack) run(ctx context.Context, what string, requests []request) error {
	for _, s := range a.watched {
		if err := s.forgetPeak(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, a.duration+drainLimit)
	defer cancel()
	sending, stop := context.WithTimeout(ctx, a.duration)
	defer stop()
	var all sync.WaitGroup
	for n := range attackers {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(a.seed, uint64(n))) //nolint:gosec // the seed repeats an attack
			for sending.Err() == nil {
				// A refusal and a lost connection are valid responses to an attack.
				_, _, _ = a.api.send(sending, requests[dice.IntN(len(requests))], fmt.Sprintf("10.0.0.%d", n+1))
			}
		})
	}
	waits, err := a.otherCaller(ctx, sending)
	stop()
	all.Wait()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return a.report(what, waits)
}

// otherCaller sends small requests until sending has ended and no work is left, and returns the time of each.
func (a attack) otherCaller(ctx, sending context.Context) (waits []time.Duration, err error) {
	for {
		for _, r := range []request{{method: http.MethodGet, path: "/api/items?limit=1"}, {method: http.MethodPost, path: "/api/items", kind: "application/json", body: []byte(`{"name":"other"}`)}} {
			began := time.Now()
			status, text, err := a.api.send(context.WithoutCancel(ctx), r, "10.0.1.1")
			if err != nil || status/100 != 2 {
				return waits, fmt.Errorf("%s %s by another caller: status %d %.300s, %w", r.method, r.path, status, text, err)
			}
			waits = append(waits, time.Since(began))
		}
		for _, s := range a.watched {
			if _, err := s.resident(); err != nil {
				return waits, fmt.Errorf("the %s has ended: %w", s.name, err)
			}
		}
		if sending.Err() == nil {
			continue
		}
		if a.until == nil {
			return waits, nil
		}
		done, err := a.until(context.WithoutCancel(ctx))
		if done || err != nil {
			return waits, err
		}
		if ctx.Err() != nil {
			return waits, errors.New("the work of the requests did not end in time")
		}
	}
}

func (a attack) report(what string, waits []time.Duration) error {
	slow := slices.Max(waits)
	fmt.Printf("%s from %d callers for %s: the slowest of %d answers to another caller took %s", what, attackers, a.duration, len(waits), slow.Round(time.Millisecond))
	var faults []error
	if slow > mostWait {
		faults = append(faults, fmt.Errorf("%s: another caller waited for %s, the limit is %s", what, slow.Round(time.Millisecond), mostWait))
	}
	for _, s := range a.watched {
		peak, err := s.resident()
		if err != nil {
			return err
		}
		fmt.Printf("; the %s had at most %d MiB resident", s.name, peak>>20)
		if peak > mostBytes {
			faults = append(faults, fmt.Errorf("%s: the %s had %d MiB resident, the limit is %d", what, s.name, peak>>20, mostBytes>>20))
		}
	}
	fmt.Println()
	return errors.Join(faults...)
}

// importsHaveEnded reports whether no import waits or is being read.
func (s *service) importsHaveEnded(ctx context.Context) (bool, error) {
	status, text, err := s.send(ctx, request{method: http.MethodGet, path: "/api/imports?limit=1000"}, "10.0.1.1")
	if err != nil || status != http.StatusOK {
		return false, fmt.Errorf("list the imports: status %d, %w", status, err)
	}
	var imports []struct {
		State string `json:"state"`
	}
	if err := json.Unmarshal(text, &imports); err != nil {
		return false, err
	}
	for _, i := range imports {
		if i.State == "queued" || i.State == "validating" || i.State == "importing" {
			return false, nil
		}
	}
	return true, nil
}

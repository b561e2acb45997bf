package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// TestFreshByBothClocks proves that a result is used for less than maxAge by
// each clock, and never after a clock was set back.
func TestFreshByBothClocks(t *testing.T) {
	t.Parallel()
	const just = maxAge - time.Nanosecond
	for _, tt := range []struct {
		mono, wall time.Duration
		want       bool
	}{
		{0, 0, true},
		{just, just, true},
		{maxAge, just, false},
		{just, maxAge, false},
		{-time.Nanosecond, 0, false},
		{0, -time.Nanosecond, false},
		{time.Hour, -time.Hour, false},
	} {
		if got := fresh(tt.mono, tt.wall); got != tt.want {
			t.Errorf("%s by the monotonic clock, %s by the wall's: %t", tt.mono, tt.wall, got)
		}
	}
	began := time.Now()
	if mono, wall := ages(began, began.Add(time.Second)); mono != time.Second || wall != time.Second {
		t.Errorf("a second later the ages are %s and %s", mono, wall)
	}
}

// writes records the ids of each write.
type writes struct {
	mu  sync.Mutex
	all [][]int64
	err error
	end time.Duration // duration of each write
}

func (w *writes) write(ctx context.Context, ids ...int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, ids)
	if deadline, ok := ctx.Deadline(); ok {
		w.end = time.Until(deadline)
	}
	return w.err
}

// TestUseIsWrittenOnTheTick proves that each tick writes the uses of the last
// minute, and nothing without uses.
func TestUseIsWrittenOnTheTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := &writes{}
		ctx, end := context.WithCancel(t.Context())
		touched := startTouched(ctx, w.write, touchEvery, slog.New(slog.NewTextHandler(&log, nil)))
		end() // the writing continues
		expect := func(want ...[]int64) {
			t.Helper()
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			if diff := cmp.Diff(want, w.all); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
		}
		touched.note(2)
		touched.note(1)
		touched.note(2)
		time.Sleep(touchEvery - time.Nanosecond)
		expect()
		time.Sleep(time.Nanosecond)
		expect([]int64{1, 2})
		if w.end != touchTimeout {
			t.Errorf("a write has %s", w.end)
		}
		time.Sleep(touchEvery)
		expect([]int64{1, 2})
		touched.note(3)
		w.mu.Lock()
		w.err = errors.New("no luck")
		w.mu.Unlock()
		time.Sleep(touchEvery)
		expect([]int64{1, 2}, []int64{3})
		if !strings.Contains(log.String(), "no luck") || !strings.Contains(log.String(), "tokens=1") {
			t.Errorf("log %q", log.String())
		}
		touched.note(4)
		touched.close()
		expect([]int64{1, 2}, []int64{3}, []int64{4})
	})
}

// TestTouchedIsBounded proves that uses beyond the limit of a write wait for
// the next use of their token.
func TestTouchedIsBounded(t *testing.T) {
	t.Parallel()
	w := &writes{}
	touched := startTouched(t.Context(), w.write, touchEvery, slog.New(slog.DiscardHandler))
	for id := range int64(maxTouched + 1) {
		touched.note(id)
	}
	touched.close()
	if len(w.all) != 1 || len(w.all[0]) != maxTouched || w.all[0][maxTouched-1] != maxTouched-1 {
		t.Errorf("%d writes, want one of the first %d tokens", len(w.all), maxTouched)
	}
}

// provider authenticates every token, unless it hangs.
type provider struct {
	asked atomic.Int64
	hangs bool
}

func (p *provider) Verify(ctx context.Context, _ string) (*Principal, error) {
	p.asked.Add(1)
	if p.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &Principal{ID: "oidc:a", Scopes: Read}, nil
}

// none is a token store without tokens.
type none struct{}

func (none) TokenByHash(context.Context, []byte) (*model.Token, error) {
	return nil, errs.New(errs.NotFound, "none")
}
func (none) TouchTokens(context.Context, ...int64) error { return nil }

// TestLongTokenAsksNoProvider proves that a token of the largest length does
// reach the provider.
func TestLongTokenAsksNoProvider(t *testing.T) {
	t.Parallel()
	p := &provider{}
	a := Start(t.Context(), Config{Tokens: none{}, Provider: p, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	defer a.Close()
	if _, err := a.Verify(t.Context(), strings.Repeat("a", maxToken)); err != nil || p.asked.Load() != 1 {
		t.Errorf("%d bytes: %v, asked %d times", maxToken, err, p.asked.Load())
	}
	if _, err := a.Verify(t.Context(), strings.Repeat("b", maxToken+1)); !errs.Is(err, errs.Unauthorized) || p.asked.Load() != 1 {
		t.Errorf("%d bytes: %v, asked %d times", maxToken+1, err, p.asked.Load())
	}
	if _, err := a.Verify(t.Context(), Prefix+"rest"); !errs.Is(err, errs.Unauthorized) || p.asked.Load() != 1 {
		t.Errorf("a broken API token: %v, asked %d times", err, p.asked.Load())
	}
}

// TestKnownForLessThanMaxAge proves that an older result is looked up again.
func TestKnownForLessThanMaxAge(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	began, p := time.Now(), &provider{}
	now := func() time.Time { return began.Add(time.Duration(passed.Load())) }
	a := Start(t.Context(), Config{Tokens: none{}, Provider: p, Now: now, Log: slog.New(slog.DiscardHandler)})
	defer a.Close()
	for _, tt := range []struct {
		at    time.Duration
		asked int64
	}{{0, 1}, {maxAge - 1, 1}, {maxAge, 2}, {2*maxAge - 1, 2}, {0, 3}} { // finally the clock is set back
		passed.Store(int64(tt.at))
		if _, err := a.Verify(t.Context(), "a.b.c"); err != nil || p.asked.Load() != tt.asked {
			t.Errorf("after %s: %v, asked %d times, want %d", tt.at, err, p.asked.Load(), tt.asked)
		}
	}
}

// TestLookupEnds proves that a lookup ends after its limit, even if the caller
// would wait longer.
func TestLookupEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := Start(t.Context(), Config{Tokens: none{}, Provider: &provider{hangs: true}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		defer a.known.StopAllGoroutines()
		defer a.refused.StopAllGoroutines()
		defer a.good.StopAllGoroutines()
		defer a.Close()
		began := time.Now()
		_, err := a.Verify(t.Context(), "a.b.c")
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != lookupTimeout {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// TestScopeNames proves that names are in the order of the documentation.
func TestScopeNames(t *testing.T) {
	t.Parallel()
	for scope, want := range map[Scope]string{0: "[]", Read: "[read]", Write | Admin: "[write admin]", All: "[read write admin]"} {
		if got := fmt.Sprint(scope.Names()); got != want || scope.Names() == nil {
			t.Errorf("%d: %s, want %s", scope, got, want)
		}
	}
	if found, all := KnownScopes("admin", "other"); found != Admin || all {
		t.Errorf("%v, all of them known: %t", found, all)
	}
}

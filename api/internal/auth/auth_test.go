package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
)

// tokens is a token store that counts its lookups.
type tokens struct {
	looks   atomic.Int64
	before  func() // runs before a lookup; may be nil
	mu      sync.Mutex
	rows    map[auth.Hash]model.Token
	down    error
	touched []int64
}

func (s *tokens) TokenByHash(_ context.Context, hash []byte) (*model.Token, error) {
	s.looks.Add(1)
	if s.before != nil {
		s.before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row, found := s.rows[auth.Hash(hash)]
	switch {
	case s.down != nil:
		return nil, s.down
	case !found:
		return nil, errs.New(errs.NotFound, "none")
	}
	return &row, nil
}

func (s *tokens) TouchTokens(_ context.Context, ids ...int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched = append(s.touched, ids...)
	return s.down
}

// add makes a token with the scope read; change, if any, changes its row.
func (s *tokens) add(change func(*model.Token)) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := auth.NewToken()
	hash := auth.HashOf(token)
	row := model.Token{ID: int64(len(s.rows) + 1), Name: "ci", Hash: hash[:], Scopes: "read"}
	if change != nil {
		change(&row)
	}
	s.rows[hash] = row
	return token
}

// world is an Authenticator with its dependencies and its clock.
type world struct {
	*auth.Authenticator
	*tokens
	now   atomic.Int64 // nanoseconds since start
	close func()       // calls Close once
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newWorld(t testing.TB, provider auth.Provider) *world {
	t.Helper()
	w := &world{tokens: &tokens{rows: make(map[auth.Hash]model.Token)}}
	w.Authenticator = auth.Start(t.Context(), auth.Config{
		Tokens: w.tokens, Provider: provider, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return start.Add(time.Duration(w.now.Load())) },
	})
	w.close = sync.OnceFunc(w.Close)
	t.Cleanup(w.close)
	return w
}

func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }

func (w *world) wants(t *testing.T, token string, kind errs.Kind) {
	t.Helper()
	if _, err := w.Verify(t.Context(), token); err == nil || errs.KindOf(err) != kind {
		t.Errorf("got %v, want an error of the kind %q", err, kind)
	}
}

func TestValidToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	expires := model.NewTime(start.Add(time.Hour))
	token := w.add(func(row *model.Token) { row.Scopes, row.ExpiresAt = "read admin", &expires })
	got, err := w.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Principal{ID: "token:1", Name: "ci", Scopes: auth.Read | auth.Admin, Expires: expires.Std()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if from, ok := auth.From(auth.With(t.Context(), got)); !ok || from != *want {
		t.Errorf("from its context: %v, %t", from, ok)
	}
	if _, ok := auth.From(t.Context()); ok {
		t.Error("an empty context has a caller")
	}
	w.pass(time.Hour - time.Nanosecond)
	if _, err := w.Verify(t.Context(), token); err != nil {
		t.Errorf("just before it expires: %v", err)
	}
	w.pass(time.Nanosecond)
	w.wants(t, token, errs.Unauthorized)
}

func TestInvalidTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	good := w.add(nil)
	mistyped := []byte(good)
	mistyped[20] ^= 1
	past := model.NewTime(start)
	for name, token := range map[string]string{
		"nothing":              "",
		"the prefix alone":     auth.Prefix,
		"mistyped":             string(mistyped),
		"cut off":              good[:len(good)-1],
		"with an end":          good + "a",
		"in capitals":          strings.ToUpper(good),
		"with a space":         good + " ",
		"without its prefix":   strings.TrimPrefix(good, auth.Prefix),
		"nobody's":             auth.NewToken(),
		"a JSON web token":     "eyJhbGciOiJub25lIn0.e30.",
		"far too long":         auth.Prefix + strings.Repeat("a", 1<<20),
		"expired now":          w.add(func(row *model.Token) { row.ExpiresAt = &past }),
		"revoked":              w.add(func(row *model.Token) { row.RevokedAt = &past }),
		"of another's hash":    w.add(func(row *model.Token) { row.Hash = make([]byte, 32) }),
		"of a hash cut short":  w.add(func(row *model.Token) { row.Hash = row.Hash[:31] }),
		"revoked, yet to come": w.add(func(row *model.Token) { later := model.NewTime(start.Add(time.Hour)); row.RevokedAt = &later }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.wants(t, token, errs.Unauthorized)
		})
	}
}

// TestBadChecksumSkipsDatabase proves that a mistyped token costs no lookup.
func TestBadChecksumSkipsDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.add(nil)
	for i := range token {
		wrong := []byte(token)
		wrong[i] ^= 1
		w.wants(t, string(wrong), errs.Unauthorized)
	}
	if n := w.looks.Load(); n != 0 {
		t.Errorf("%d looks at the database", n)
	}
}

// TestRefusedTokensAreRemembered proves that an invalid token costs one lookup
// a second, and that it is accepted within a second once it is valid.
func TestRefusedTokensAreRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	expired := model.NewTime(start)
	revoked := w.add(func(row *model.Token) { row.RevokedAt = &expired })
	for name, token := range map[string]string{
		"no row": auth.NewToken(), "revoked": revoked, "expired": w.add(func(row *model.Token) { row.ExpiresAt = &expired }),
	} {
		w.looks.Store(0)
		for range 100 {
			w.wants(t, token, errs.Unauthorized)
		}
		if n := w.looks.Load(); n != 1 {
			t.Errorf("%s: %d looks for 100 requests, want 1", name, n)
		}
		if w.Familiar(token) {
			t.Errorf("%s: the invalid token is familiar", name)
		}
	}
	hash := auth.HashOf(revoked)
	w.mu.Lock()
	row := w.rows[hash]
	row.RevokedAt = nil
	w.rows[hash] = row
	w.mu.Unlock()
	w.pass(time.Second)
	if _, err := w.Verify(t.Context(), revoked); err != nil || !w.Familiar(revoked) {
		t.Errorf("a second later it is valid, and refused: %v", err)
	}
}

// TestRevokedWithinASecond proves that a revocation needs no event to take
// effect.
func TestRevokedWithinASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.add(nil)
	for range 100 {
		if _, err := w.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.looks.Load(); n != 1 {
		t.Errorf("%d looks for 100 requests at once, want 1", n)
	}
	hash := auth.HashOf(token)
	w.mu.Lock()
	row, revoked := w.rows[hash], model.NewTime(start)
	row.RevokedAt = &revoked
	w.rows[hash] = row
	w.mu.Unlock()
	w.pass(time.Second)
	w.wants(t, token, errs.Unauthorized)
}

// TestDatabaseDown proves that cached results serve until they are a second
// old, and that all callers are refused afterwards.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.add(nil)
	if _, err := w.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.down = errs.New(errs.Unavailable, "down")
	w.mu.Unlock()
	w.pass(500 * time.Millisecond)
	if _, err := w.Verify(t.Context(), token); err != nil {
		t.Errorf("half a second later: %v", err)
	}
	w.pass(500 * time.Millisecond)
	w.wants(t, token, errs.Unavailable)
	w.wants(t, auth.NewToken(), errs.Unavailable)
	w.mu.Lock()
	w.down = nil
	w.mu.Unlock()
	if _, err := w.Verify(t.Context(), token); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

// TestLookupsAreCoalesced also proves that the first caller may leave
// meanwhile.
func TestLookupsAreCoalesced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.add(nil)
	looking, answer := make(chan struct{}), make(chan struct{})
	w.before = sync.OnceFunc(func() { close(looking); <-answer })
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := w.Verify(ctx, token); !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left: %v", err)
		}
	})
	<-looking
	for range 20 {
		all.Go(func() {
			if _, err := w.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	leave()
	close(answer)
	all.Wait()
}

// TestOldLookupIsNotForLaterCallers proves it because the lookup may have begun
// before a revocation.
func TestOldLookupIsNotForLaterCallers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.add(nil)
	looking, answer := make(chan struct{}), make(chan struct{})
	w.before = sync.OnceFunc(func() { close(looking); <-answer })
	var all sync.WaitGroup
	all.Go(func() { _, _ = w.Verify(t.Context(), token) })
	<-looking
	w.pass(time.Second)
	came := make(chan struct{})
	all.Go(func() {
		close(came)
		if _, err := w.Verify(t.Context(), token); err != nil {
			t.Error(err)
		}
	})
	<-came
	close(answer)
	all.Wait()
	if n := w.looks.Load(); n != 2 {
		t.Errorf("%d lookups, want one more for the later caller", n)
	}
}

// panicky is a provider that panics.
type panicky struct{}

func (panicky) Verify(context.Context, string) (*auth.Principal, error) { panic("a fault") }

func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, panicky{})
	w.wants(t, "a.b.c", errs.Internal)
	if _, err := w.Verify(t.Context(), "a.b.c"); err == nil || !strings.Contains(err.Error(), "a fault") {
		t.Errorf("got %v", err)
	}
}

// TestUseIsWrittenDown proves that the use of each token is recorded once, at
// the latest when the authenticator closes.
func TestUseIsWrittenDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first, second := w.add(nil), w.add(nil)
	for _, token := range []string{second, first, second, auth.NewToken()} {
		_, _ = w.Verify(t.Context(), token)
		w.pass(time.Second)
	}
	w.close()
	w.mu.Lock()
	defer w.mu.Unlock()
	if diff := cmp.Diff([]int64{1, 2}, w.touched); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]auth.Scope{
		"read": auth.Read, "read,write,admin": auth.All, "admin, read": auth.Admin | auth.Read, "write write": auth.Write,
		"": 0, ",": 0, "all": 0, "read,nothing": 0, "READ": 0,
	} {
		got, err := auth.ParseScopes(list)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
	if auth.Admin.Has(auth.Read) || auth.Write.Has(auth.Read) || !auth.All.Has(auth.Read|auth.Admin) {
		t.Error("a scope contains another")
	}
	if got := (auth.Admin | auth.Read).String(); got != "read admin" {
		t.Errorf("got %q", got)
	}
}

// TestTokensDiffer also checks the form that secret scanners search for.
func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 1000 {
		token := auth.NewToken()
		rest, ok := strings.CutPrefix(token, "fua_")
		if !ok || len(rest) != 56 || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Fatalf("%d letters after the prefix", len(rest))
		}
		seen[token] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 differ", len(seen))
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b, nil)
	token := w.add(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

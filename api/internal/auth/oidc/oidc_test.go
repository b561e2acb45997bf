package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/auth/oidc"
	"github.com/fualab/fualab/api/internal/auth/oidc/oidctest"
	"github.com/fualab/fualab/shared/errs"
)

func provider(i *oidctest.Issuer) *oidc.Provider {
	return oidc.New(oidc.Config{Issuer: i.URL, Audience: oidctest.Audience, ScopeClaim: "scope", Now: time.Now})
}

func wants(t *testing.T, p *oidc.Provider, token string, kind errs.Kind) {
	t.Helper()
	if _, err := p.Verify(t.Context(), token); err == nil || errs.KindOf(err) != kind {
		t.Errorf("got %v, want an error of the kind %q", err, kind)
	}
}

// good stands for no error.
const good = errs.Internal

// soon tries a token until the answer is the one wanted: the library lets who
// comes just after an answer of the issuer have that one.
func soon(t *testing.T, p *oidc.Provider, token string, kind errs.Kind) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, err := p.Verify(t.Context(), token)
		if err == nil && kind == good || err != nil && errs.KindOf(err) == kind {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %v, want %q", err, kind)
		}
	}
}

func TestGood(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	p := provider(i)
	if n := i.Asked.Load(); n != 0 {
		t.Errorf("asked %d times before there was a token", n)
	}
	expires := time.Now().Add(time.Hour).Truncate(time.Second)
	c := i.Claims().With("exp", expires.Unix())
	for name, tt := range map[string]struct {
		claims oidctest.Claims
		want   auth.Principal
	}{
		"scopes in a string":  {c, auth.Principal{Name: "u-1", Scopes: auth.Read | auth.Write}},
		"scopes in a list":    {c.With("scope", []string{"admin", "other"}), auth.Principal{Name: "u-1", Scopes: auth.Admin}},
		"no scopes":           {c.With("scope", nil), auth.Principal{Name: "u-1"}},
		"scopes of no form":   {c.With("scope", 7), auth.Principal{Name: "u-1"}},
		"a name":              {c.With("name", "Sample Person"), auth.Principal{Name: "Sample Person", Scopes: auth.Read | auth.Write}},
		"one audience of two": {c.With("aud", []string{"other", oidctest.Audience}), auth.Principal{Name: "u-1", Scopes: auth.Read | auth.Write}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := p.Verify(t.Context(), i.Token(t, tt.claims))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.ID, tt.want.Expires = "oidc:"+i.URL+"|u-1", expires
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestScopeClaim(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	p := oidc.New(oidc.Config{Issuer: i.URL, Audience: oidctest.Audience, ScopeClaim: "permissions", Now: time.Now})
	got, err := p.Verify(t.Context(), i.Token(t, i.Claims().With("permissions", []string{"admin"})))
	if err != nil || got.Scopes != auth.Admin {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestES256(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	i.Rotate(oidctest.EC(t, "ec"))
	if _, err := provider(i).Verify(t.Context(), i.Token(t, i.Claims())); err != nil {
		t.Error(err)
	}
}

func TestBad(t *testing.T) {
	t.Parallel()
	i, other := oidctest.New(t), oidctest.New(t)
	token := i.Token(t, i.Claims())
	parts := strings.Split(token, ".")
	forged, err := json.Marshal(i.Claims().With("scope", "admin"))
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"expired":                   i.Token(t, i.Claims().With("exp", time.Now().Add(-time.Second).Unix())),
		"without an end":            i.Token(t, i.Claims().With("exp", nil)),
		"not yet":                   i.Token(t, i.Claims().With("nbf", time.Now().Add(time.Hour).Unix())),
		"wrong audience":            i.Token(t, i.Claims().With("aud", "https://other.example.com")),
		"no audience":               i.Token(t, i.Claims().With("aud", nil)),
		"another issuer's":          other.Token(t, other.Claims()),
		"another issuer's key":      other.Token(t, i.Claims()),
		"another issuer named":      i.Token(t, i.Claims().With("iss", other.URL)),
		"no subject":                i.Token(t, i.Claims().With("sub", "")),
		"other claims":              parts[0] + "." + base64.RawURLEncoding.EncodeToString(forged) + "." + parts[2],
		"no signature":              parts[0] + "." + parts[1] + ".",
		"alg none":                  unsigned(t, i.Claims()),
		"HS256 with the public key": oidctest.Sign(t, jose.HS256, publicBytes(t, i), "first", i.Claims()),
		"RS384, not among ours":     oidctest.Sign(t, jose.RS384, i.Key().Key, "first", i.Claims()),
		"nothing":                   "",
		"dots":                      "..",
		"four parts":                token + ".x",
		"a logout token":            i.Typed(t, "logout+jwt", i.Claims()),
		"an ID token":               i.Token(t, i.Claims().With("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")),
		"an ID token of Keycloak":   i.Token(t, i.Claims().With("typ", "ID")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants(t, provider(i), token, errs.Unauthorized)
		})
	}
}

// TestShortKeyIsRefused, although the issuer tells of it: RSA keys have 2,048 bits
// at least.
func TestShortKeyIsRefused(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	i.Rotate(jose.JSONWebKey{Key: short, KeyID: "short", Algorithm: "RS256", Use: "sig"})
	wants(t, provider(i), i.Token(t, i.Claims()), errs.Unauthorized)
}

// TestTypes: an access token has a type of RFC 9068, that of all tokens, or none.
func TestTypes(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	for _, kind := range []jose.ContentType{"", "JWT", "at+jwt", "application/at+jwt", "AT+JWT"} {
		if _, err := provider(i).Verify(t.Context(), i.Typed(t, kind, i.Claims())); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// unsigned is what a library makes of a token that asks not to be checked.
func unsigned(t *testing.T, c oidctest.Claims) string {
	t.Helper()
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"first"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// publicBytes is what everybody knows of the issuer, as a secret.
func publicBytes(t *testing.T, i *oidctest.Issuer) []byte {
	t.Helper()
	signer, ok := i.Key().Key.(crypto.Signer)
	if !ok {
		t.Fatal("no key")
	}
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestRotation: a new key is good at once, and the old one no more once the
// issuer has been asked.
func TestRotation(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	p := provider(i)
	old := i.Token(t, i.Claims())
	soon(t, p, old, good)
	i.Rotate(oidctest.RSA(t, "second"))
	soon(t, p, i.Token(t, i.Claims()), good)
	soon(t, p, old, errs.Unauthorized)
}

// TestIssuerDown: tokens of known keys are good, others cannot be told, and
// when it is back all is as it was.
func TestIssuerDown(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	i.Down.Store(true)
	p := provider(i)
	token := i.Token(t, i.Claims())
	wants(t, p, token, errs.Unavailable)
	i.Down.Store(false)
	soon(t, p, token, good)
	i.Down.Store(true)
	if _, err := p.Verify(t.Context(), token); err != nil {
		t.Errorf("with a key that is known: %v", err)
	}
	i.Rotate(oidctest.RSA(t, "second"))
	soon(t, p, i.Token(t, i.Claims()), errs.Unavailable)
	i.Down.Store(false)
	soon(t, p, i.Token(t, i.Claims()), good)
}

// TestNobodyListens: not even a port.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	token := i.Token(t, i.Claims())
	i.Close()
	wants(t, provider(i), token, errs.Unavailable)
}

// TestAskedInModeration: whoever sends tokens of unknown keys does not have
// the issuer asked each time, and is told that they are bad; an issuer that is
// down is no reason to say so.
func TestAskedInModeration(t *testing.T) {
	t.Parallel()
	i, other := oidctest.New(t), oidctest.New(t)
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	p := oidc.New(oidc.Config{Issuer: i.URL, Audience: oidctest.Audience, ScopeClaim: "scope", Now: func() time.Time { return time.Unix(0, now.Load()) }})
	for range 100 {
		wants(t, p, other.Token(t, i.Claims()), errs.Unauthorized)
	}
	if n := i.Asked.Load(); n != 10 {
		t.Errorf("asked %d times, want 10", n)
	}
	now.Add(int64(10 * time.Second))
	i.Down.Store(true)
	soon(t, p, other.Token(t, i.Claims()), errs.Unavailable)
	for range 100 {
		wants(t, p, other.Token(t, i.Claims()), errs.Unavailable)
	}
	if n := i.Asked.Load(); n != 20 {
		t.Errorf("asked %d times, want 20", n)
	}
}

// TestErrorsKeepTokens: what is logged of a bad token is not the token.
func TestErrorsKeepTokens(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	token := i.Token(t, i.Claims().With("aud", "https://other.example.com"))
	_, err := provider(i).Verify(t.Context(), token)
	for part := range strings.SplitSeq(token, ".") {
		if strings.Contains(fmt.Sprint(err), part) {
			t.Errorf("the error repeats a part of the token: %v", err)
		}
	}
}

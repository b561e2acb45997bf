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

// good means no error.
const good = errs.Internal

// soon verifies a token until the result is the wanted one: just after an
// answer of the issuer, the library may use that answer again.
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

func TestValidTokens(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	p := provider(i)
	if n := i.Asked.Load(); n != 0 {
		t.Errorf("%d requests before the first token", n)
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

func TestInvalidTokens(t *testing.T) {
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

// TestShortKeyIsRefused proves it although the issuer publishes the key: RSA
// keys need at least 2,048 bits.
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

// TestTypes proves that an access token has a type of RFC 9068, the general
// type, or none.
func TestTypes(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	for _, kind := range []jose.ContentType{"", "JWT", "at+jwt", "application/at+jwt", "AT+JWT"} {
		if _, err := provider(i).Verify(t.Context(), i.Typed(t, kind, i.Claims())); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// unsigned makes a token with the algorithm none.
func unsigned(t *testing.T, c oidctest.Claims) string {
	t.Helper()
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"first"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// publicBytes uses the issuer's public key as a secret.
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

// TestRotation proves that a new key is valid at once, and that the old key
// becomes invalid after the next request.
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

// TestIssuerDown proves that tokens of known keys stay valid, that others get
// Unavailable, and that all is as before after the issuer's return.
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

// TestNoListener has an issuer without a listener.
func TestNoListener(t *testing.T) {
	t.Parallel()
	i := oidctest.New(t)
	token := i.Token(t, i.Claims())
	i.Close()
	wants(t, provider(i), token, errs.Unavailable)
}

// TestKeySetRefreshIsRateLimited proves that tokens of unknown keys do not
// cause a request each, and are invalid. If the issuer is down, they are not
// called invalid.
func TestKeySetRefreshIsRateLimited(t *testing.T) {
	t.Parallel()
	i, other := oidctest.New(t), oidctest.New(t)
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	p := oidc.New(oidc.Config{Issuer: i.URL, Audience: oidctest.Audience, ScopeClaim: "scope", Now: func() time.Time { return time.Unix(0, now.Load()) }})
	for range 100 {
		wants(t, p, other.Token(t, i.Claims()), errs.Unauthorized)
	}
	if n := i.Asked.Load(); n != 10 {
		t.Errorf("%d requests, want 10", n)
	}
	now.Add(int64(10 * time.Second))
	i.Down.Store(true)
	soon(t, p, other.Token(t, i.Claims()), errs.Unavailable)
	for range 100 {
		wants(t, p, other.Token(t, i.Claims()), errs.Unavailable)
	}
	if n := i.Asked.Load(); n != 20 {
		t.Errorf("%d requests, want 20", n)
	}
}

// TestErrorsKeepTokens proves that the log of an invalid token does not contain
// the token.
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

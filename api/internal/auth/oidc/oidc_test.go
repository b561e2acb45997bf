package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/auth/oidc"
	"github.com/fualab/fualab/shared/errs"
)

const audience = "https://api.example.com"

// issuer is an OpenID provider as far as an API meets one: it tells of itself
// and of its keys, and signs.
type issuer struct {
	*httptest.Server
	asked atomic.Int64
	down  atomic.Bool

	mu      sync.Mutex
	current jose.JSONWebKey   // what it signs with
	known   []jose.JSONWebKey // what it tells of
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: i.known})
	})
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if i.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.Close)
	i.rotate(rsaKey(t, "first"))
	return i
}

// rotate has the issuer sign with key, and tell of that one alone.
func (i *issuer) rotate(key jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.current, i.known = key, []jose.JSONWebKey{key.Public()}
}

func rsaKey(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "RS256", Use: "sig"}
}

func ecKey(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "ES256", Use: "sig"}
}

type claims map[string]any

// good are the claims of a token that is let in.
func (i *issuer) good() claims {
	return claims{"iss": i.URL, "aud": audience, "sub": "u-1", "exp": time.Now().Add(time.Hour).Unix(), "scope": "openid read write"}
}

// with returns c with one claim changed.
func (c claims) with(name string, value any) claims {
	changed := claims{}
	for k, v := range c {
		changed[k] = v
	}
	changed[name] = value
	return changed
}

// sign returns a token with the issuer's key.
func (i *issuer) sign(t testing.TB, c claims) string {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	return sign(t, jose.SignatureAlgorithm(i.current.Algorithm), i.current, i.current.KeyID, c)
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, id string, c claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", id))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (i *issuer) provider() *oidc.Provider {
	return oidc.New(oidc.Config{Issuer: i.URL, Audience: audience, ScopeClaim: "scope", Now: time.Now})
}

func wants(t *testing.T, p *oidc.Provider, token string, kind errs.Kind) {
	t.Helper()
	if _, err := p.Verify(t.Context(), token); err == nil || errs.KindOf(err) != kind {
		t.Errorf("got %v, want an error of the kind %q", err, kind)
	}
}

func TestGood(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	p := i.provider()
	if n := i.asked.Load(); n != 0 {
		t.Errorf("asked %d times before there was a token", n)
	}
	expires := time.Now().Add(time.Hour).Truncate(time.Second)
	c := i.good().with("exp", expires.Unix())
	for name, tt := range map[string]struct {
		claims claims
		want   auth.Principal
	}{
		"scopes in a string":  {c, auth.Principal{Name: "u-1", Scopes: auth.Read | auth.Write}},
		"scopes in a list":    {c.with("scope", []string{"admin", "other"}), auth.Principal{Name: "u-1", Scopes: auth.Admin}},
		"no scopes":           {c.with("scope", nil), auth.Principal{Name: "u-1"}},
		"scopes of no form":   {c.with("scope", 7), auth.Principal{Name: "u-1"}},
		"a name":              {c.with("name", "Sample Person"), auth.Principal{Name: "Sample Person", Scopes: auth.Read | auth.Write}},
		"one audience of two": {c.with("aud", []string{"other", audience}), auth.Principal{Name: "u-1", Scopes: auth.Read | auth.Write}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := p.Verify(t.Context(), i.sign(t, tt.claims))
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
	i := newIssuer(t)
	p := oidc.New(oidc.Config{Issuer: i.URL, Audience: audience, ScopeClaim: "permissions", Now: time.Now})
	got, err := p.Verify(t.Context(), i.sign(t, i.good().with("permissions", []string{"admin"})))
	if err != nil || got.Scopes != auth.Admin {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestES256(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.rotate(ecKey(t, "ec"))
	if _, err := i.provider().Verify(t.Context(), i.sign(t, i.good())); err != nil {
		t.Error(err)
	}
}

func TestBad(t *testing.T) {
	t.Parallel()
	i, other := newIssuer(t), newIssuer(t)
	token := i.sign(t, i.good())
	parts := strings.Split(token, ".")
	forged, err := json.Marshal(i.good().with("scope", "admin"))
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"expired":                   i.sign(t, i.good().with("exp", time.Now().Add(-time.Second).Unix())),
		"without an end":            i.sign(t, i.good().with("exp", nil)),
		"not yet":                   i.sign(t, i.good().with("nbf", time.Now().Add(time.Hour).Unix())),
		"wrong audience":            i.sign(t, i.good().with("aud", "https://other.example.com")),
		"no audience":               i.sign(t, i.good().with("aud", nil)),
		"another issuer's":          other.sign(t, other.good()),
		"another issuer's key":      other.sign(t, i.good()),
		"another issuer named":      i.sign(t, i.good().with("iss", other.URL)),
		"no subject":                i.sign(t, i.good().with("sub", "")),
		"other claims":              parts[0] + "." + base64.RawURLEncoding.EncodeToString(forged) + "." + parts[2],
		"no signature":              parts[0] + "." + parts[1] + ".",
		"alg none":                  unsigned(t, i.good()),
		"HS256 with the public key": sign(t, jose.HS256, publicBytes(t, i), "first", i.good()),
		"RS384, not among ours":     sign(t, jose.RS384, i.current.Key, "first", i.good()),
		"nothing":                   "",
		"dots":                      "..",
		"four parts":                token + ".x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants(t, i.provider(), token, errs.Unauthorized)
		})
	}
}

// unsigned is what a library makes of a token that asks not to be checked.
func unsigned(t *testing.T, c claims) string {
	t.Helper()
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"first"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// publicBytes is what everybody knows of the issuer, as a secret.
func publicBytes(t *testing.T, i *issuer) []byte {
	t.Helper()
	signer, ok := i.current.Key.(crypto.Signer)
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
	i := newIssuer(t)
	p := i.provider()
	old := i.sign(t, i.good())
	if _, err := p.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	i.rotate(rsaKey(t, "second"))
	if _, err := p.Verify(t.Context(), i.sign(t, i.good())); err != nil {
		t.Errorf("with the new key: %v", err)
	}
	wants(t, p, old, errs.Unauthorized)
}

// TestIssuerDown: tokens of known keys are good, others cannot be told, and
// when it is back all is as it was.
func TestIssuerDown(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.down.Store(true)
	p := i.provider()
	token := i.sign(t, i.good())
	wants(t, p, token, errs.Unavailable)
	i.down.Store(false)
	if _, err := p.Verify(t.Context(), token); err != nil {
		t.Errorf("when it is there: %v", err)
	}
	i.down.Store(true)
	if _, err := p.Verify(t.Context(), token); err != nil {
		t.Errorf("with a key that is known: %v", err)
	}
	i.rotate(rsaKey(t, "second"))
	wants(t, p, i.sign(t, i.good()), errs.Unavailable)
	i.down.Store(false)
	if _, err := p.Verify(t.Context(), i.sign(t, i.good())); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

// TestNobodyListens: not even a port.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	token := i.sign(t, i.good())
	i.Close()
	wants(t, i.provider(), token, errs.Unavailable)
}

// TestAskedInModeration: whoever sends tokens of unknown keys does not have
// the issuer asked each time, and is told that they are bad; an issuer that is
// down is no reason to say so.
func TestAskedInModeration(t *testing.T) {
	t.Parallel()
	i, other := newIssuer(t), newIssuer(t)
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	p := oidc.New(oidc.Config{Issuer: i.URL, Audience: audience, ScopeClaim: "scope", Now: func() time.Time { return time.Unix(0, now.Load()) }})
	for range 100 {
		wants(t, p, other.sign(t, i.good()), errs.Unauthorized)
	}
	if n := i.asked.Load(); n != 10 {
		t.Errorf("asked %d times, want 10", n)
	}
	now.Add(int64(10 * time.Second))
	i.down.Store(true)
	for range 100 {
		wants(t, p, other.sign(t, i.good()), errs.Unavailable)
	}
	if n := i.asked.Load(); n != 20 {
		t.Errorf("asked %d times, want 20", n)
	}
}

// TestErrorsKeepTokens: what is logged of a bad token is not the token.
func TestErrorsKeepTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	token := i.sign(t, i.good().with("aud", "https://other.example.com"))
	_, err := i.provider().Verify(t.Context(), token)
	for part := range strings.SplitSeq(token, ".") {
		if strings.Contains(fmt.Sprint(err), part) {
			t.Errorf("the error repeats a part of the token: %v", err)
		}
	}
}

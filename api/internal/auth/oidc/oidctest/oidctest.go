// Package oidctest is an OpenID provider for tests: it publishes its
// configuration and keys, and signs tokens.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Audience is the audience of valid tokens.
const Audience = "https://api.example.com"

// Issuer is a provider that listens on its URL.
type Issuer struct {
	*httptest.Server
	Asked atomic.Int64 // number of requests
	Down  atomic.Bool  // answers 502 to all requests

	mu      sync.Mutex
	current jose.JSONWebKey // the signing key, which it publishes
}

// New returns an issuer that signs with RS256, until the test ends.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		key := i.Key()
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
	})
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.Asked.Add(1)
		if i.Down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.Close)
	i.Rotate(RSA(t, "first"))
	return i
}

// Rotate makes the issuer sign with key, and publish that key only.
func (i *Issuer) Rotate(key jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.current = key
}

// Key returns the signing key.
func (i *Issuer) Key() jose.JSONWebKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.current
}

// RSA returns a new key for RS256.
func RSA(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "RS256", Use: "sig"}
}

// EC returns a new key for ES256.
func EC(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "ES256", Use: "sig"}
}

// Claims are the claims of a token.
type Claims map[string]any

// Claims returns the claims of a valid token, with the scopes read and write.
func (i *Issuer) Claims() Claims {
	return Claims{"iss": i.URL, "aud": Audience, "sub": "u-1", "exp": time.Now().Add(time.Hour).Unix(), "scope": "openid read write"}
}

// With returns c with one claim changed.
func (c Claims) With(name string, value any) Claims {
	changed := maps.Clone(c)
	changed[name] = value
	return changed
}

// Token returns a token of the issuer.
func (i *Issuer) Token(t testing.TB, c Claims) string {
	t.Helper()
	return i.Typed(t, "", c)
}

// Sign returns a token with any signature.
func Sign(t testing.TB, alg jose.SignatureAlgorithm, key any, id string, c Claims) string {
	t.Helper()
	return sign(t, alg, key, (&jose.SignerOptions{}).WithHeader("kid", id), c)
}

// Typed returns a token of the issuer with a type in its header, "" for none.
func (i *Issuer) Typed(t testing.TB, kind jose.ContentType, c Claims) string {
	t.Helper()
	key := i.Key()
	options := (&jose.SignerOptions{}).WithHeader("kid", key.KeyID)
	if kind != "" {
		options = options.WithType(kind)
	}
	return sign(t, jose.SignatureAlgorithm(key.Algorithm), key, options, c)
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, options *jose.SignerOptions, c Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
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

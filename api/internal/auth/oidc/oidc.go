// Package oidc authenticates callers with JSON web tokens of an OpenID
// provider. It requests the provider's keys only when it needs them. So an API
// can start while the provider is down, and continues with the keys that it
// has.
package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/shared/errs"
)

// askTimeout is the limit of one request to the provider.
const askTimeout = 3 * time.Second

// algorithms are the accepted algorithms, whatever the provider offers. They
// are asymmetric, so that public knowledge is not enough to sign.
var algorithms = []string{oidc.RS256, oidc.ES256}

// Config describes the accepted tokens.
type Config struct {
	Issuer     string // the issuer's URL, as in the tokens and in its discovery document
	Audience   string // the audience of the tokens
	ScopeClaim string // the claim with the scopes: names in a string, separated by spaces, or a list
	Now        func() time.Time
}

// Provider is an auth.Provider. It is safe for concurrent use.
type Provider struct {
	cfg       Config
	client    *http.Client
	verifier  atomic.Pointer[oidc.IDTokenVerifier] // nil before the discovery
	discovers chan struct{}                        // a semaphore for one discovery
}

// New returns a Provider. It makes no request yet.
func New(cfg Config) *Provider {
	return &Provider{
		cfg:       cfg,
		client:    &http.Client{Transport: newTransport(http.DefaultTransport, cfg.Now), Timeout: askTimeout},
		discovers: make(chan struct{}, 1),
	}
}

// Verify implements auth.Provider.
func (p *Provider) Verify(ctx context.Context, token string) (*auth.Principal, error) {
	if err := checkForm(token); err != nil {
		return nil, err
	}
	verifier, err := p.discovered(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	var asking error // the error of the request for keys; the library does not wrap it
	verified, err := verifier.Verify(context.WithValue(ctx, askingKey{}, &asking), token)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return nil, auth.Expired()
	case asking != nil:
		return nil, unavailable(asking)
	case err != nil:
		return nil, errs.Wrap(errs.Unauthorized, errNotGood.Message, err)
	}
	return p.principal(verified)
}

var errNotGood = errs.New(errs.Unauthorized, "Invalid token: its signature, issuer, audience or form was not accepted. Get a new token from the OpenID provider of this API.")

func unavailable(err error) error {
	return errs.Wrap(errs.Unavailable, "The OpenID provider does not answer, so the token cannot be checked. Retry later.", err)
}

// types are the values of the header typ that an access token may have: none,
// RFC 7519's and RFC 9068's. Other tokens, such as logout tokens, have another
// purpose.
var types = []string{"", "jwt", "at+jwt", "application/at+jwt"}

// minRSABytes is the length of a signature with an RSA key of 2,048 bits, the
// shortest secure length (RFC 7518, section 3.3).
const minRSABytes = 2048 / 8

// checkForm refuses a token by its header and the length of its signature,
// without a request for keys.
func checkForm(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errNotGood
	}
	var header struct {
		Type      string `json:"typ"`
		Algorithm string `json:"alg"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(text, &header) != nil || !slices.Contains(types, strings.ToLower(header.Type)) {
		return errNotGood
	}
	if header.Algorithm == oidc.RS256 && base64.RawURLEncoding.DecodedLen(len(parts[2])) < minRSABytes {
		return errNotGood
	}
	return nil
}

// discovered requests the provider's discovery document until it has succeeded
// once.
func (p *Provider) discovered(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	if v := p.verifier.Load(); v != nil {
		return v, nil
	}
	select {
	case p.discovers <- struct{}{}:
		defer func() { <-p.discovers }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if v := p.verifier.Load(); v != nil {
		return v, nil
	}
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := oidc.NewProvider(ctx, p.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	v := oidc.NewVerifier(p.cfg.Issuer, keys{oidc.NewRemoteKeySet(ctx, document.Keys)}, &oidc.Config{
		ClientID: p.cfg.Audience, SupportedSigningAlgs: algorithms, Now: p.cfg.Now,
	})
	p.verifier.Store(v)
	return v, nil
}

type askingKey struct{}

// keys are the provider's keys. They are cached; an unknown key causes a
// request.
type keys struct{ *oidc.RemoteKeySet }

// VerifySignature also reports to Verify that a request to the provider failed.
func (k keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.RemoteKeySet.VerifySignature(ctx, token)
	var failed *askError
	if errors.As(err, &failed) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		if asking, ok := ctx.Value(askingKey{}).(*error); ok {
			*asking = err
		}
	}
	return payload, err
}

// principal returns the caller of a valid token.
func (p *Provider) principal(token *oidc.IDToken) (*auth.Principal, error) {
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return nil, errs.Wrap(errs.Unauthorized, errNotGood.Message, err)
	}
	if isIDToken(claims) {
		return nil, errs.New(errs.Unauthorized, "This is an ID token, not an access token. Send the provider's access token.")
	}
	if token.Subject == "" {
		return nil, errs.New(errs.Unauthorized, "The token has no subject (sub). Get a token of a user or client from the OpenID provider.")
	}
	scopes, _ := auth.KnownScopes(names(claims[p.cfg.ScopeClaim])...) // other scopes are for other programs
	return &auth.Principal{
		ID:      "oidc:" + p.cfg.Issuer + "|" + token.Subject,
		Name:    nameOf(claims, token.Subject),
		Scopes:  scopes,
		Expires: token.Expiry,
	}, nil
}

// isIDToken reports whether claims are those of an ID token. Only an ID token
// has the hash of another token (OpenID Connect Core, section 3.3.2.11), or
// Keycloak's type.
func isIDToken(claims map[string]json.RawMessage) bool {
	var kind string
	_ = json.Unmarshal(claims["typ"], &kind) // any other form counts as no type
	return claims["at_hash"] != nil || claims["c_hash"] != nil || kind == "ID"
}

// names reads a claim of scopes: a string of names, or a list of them.
func names(claim json.RawMessage) []string {
	var text string
	if json.Unmarshal(claim, &text) == nil {
		return strings.Fields(text)
	}
	var list []string
	_ = json.Unmarshal(claim, &list) // anything else grants nothing
	return list
}

// nameOf returns a person's name, or the subject.
func nameOf(claims map[string]json.RawMessage, subject string) string {
	for _, claim := range []string{"name", "preferred_username", "email"} {
		var name string
		if json.Unmarshal(claims[claim], &name) == nil && name != "" {
			return name
		}
	}
	return subject
}

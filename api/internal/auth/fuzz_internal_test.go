package auth

import (
	"strings"
	"testing"
)

// FuzzTokens proves that a well-formed token has exactly the form of NewToken.
func FuzzTokens(f *testing.F) {
	token := NewToken()
	for _, text := range []string{"", Prefix, token, token + "\n", token[:30] + "\r\n" + token[30:], token[1:], strings.ToUpper(token), Prefix + strings.Repeat("a", 56)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !wellFormed(text) {
			return
		}
		raw, err := letters.DecodeString(strings.TrimPrefix(text, Prefix))
		if err != nil || Prefix+letters.EncodeToString(raw) != text {
			t.Errorf("%q is taken for a token", text)
		}
	})
}

// FuzzScopes proves that scopes are refused, or keep their notation.
func FuzzScopes(f *testing.F) {
	for _, text := range []string{"read", "read,write,admin", "admin read", "", ",", "none", "read,read"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := ParseScopes(text)
		if err != nil {
			return
		}
		if again, err := ParseScopes(scope.String()); err != nil || again != scope || scope == 0 {
			t.Errorf("%q became %q, and then %q, %v", text, scope, again, err)
		}
	})
}

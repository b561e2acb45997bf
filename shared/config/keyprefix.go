package config

import "regexp"

// KeyPrefix is the prefix of a platform's keys in Redis.
type KeyPrefix string

var keyPrefix = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// UnmarshalText reads a prefix.
func (p *KeyPrefix) UnmarshalText(text []byte) error {
	if !keyPrefix.Match(text) {
		return &SyntaxError{"must have 1 to 64 of a-z, A-Z, 0-9, dot, hyphen and underscore, such as shop"}
	}
	*p = KeyPrefix(text)
	return nil
}

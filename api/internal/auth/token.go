package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// Prefix is the prefix of all API tokens, for secret scanners:
// fua_[a-z2-7]{56}.
const Prefix = "fua_"

const (
	secretBytes = 32
	sumBytes    = 3 // base32 needs no padding: 35 bytes are 56 letters
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Hash is the stored form of a token.
type Hash = [sha256.Size]byte

// HashOf returns the hash of a token.
func HashOf(token string) Hash { return sha256.Sum256([]byte(token)) }

// NewToken returns a new random token: the prefix, and 32 random bytes with a
// checksum, in base32.
func NewToken() string {
	raw := make([]byte, secretBytes, secretBytes+sumBytes)
	_, _ = rand.Read(raw) // never fails
	return Prefix + letters.EncodeToString(append(raw, checksum(raw)...))
}

// wellFormed reports whether token has the form of NewToken. It finds mistyped
// and truncated tokens without a lookup.
func wellFormed(token string) bool {
	encoded, ok := strings.CutPrefix(token, Prefix)
	if !ok || len(encoded) != letters.EncodedLen(secretBytes+sumBytes) { // the decoder skips line breaks
		return false
	}
	raw, err := letters.DecodeString(encoded)
	return err == nil && len(raw) == secretBytes+sumBytes && string(raw[secretBytes:]) == string(checksum(raw[:secretBytes]))
}

// checksum is the upper 24 bits of CRC-32. It finds mistakes, and gives no
// protection.
func checksum(secret []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(secret))[:sumBytes]
}

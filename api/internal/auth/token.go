package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// Prefix begins every API token, so that who scans for secrets finds it:
// fua_[a-z2-7]{56}.
const Prefix = "fua_"

const (
	secretBytes = 32
	sumBytes    = 3 // what base32 writes without padding: 35 bytes are 56 letters
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Hash is what is kept of a token.
type Hash = [sha256.Size]byte

// HashOf returns the hash of a token.
func HashOf(token string) Hash { return sha256.Sum256([]byte(token)) }

// NewToken returns a token that nobody has yet: the prefix, and 32 random
// bytes with a checksum, in base32.
func NewToken() string {
	raw := make([]byte, secretBytes, secretBytes+sumBytes)
	_, _ = rand.Read(raw) // never fails
	return Prefix + letters.EncodeToString(append(raw, checksum(raw)...))
}

// wellFormed reports whether token is as NewToken writes it: one that was
// mistyped or cut off is found without asking anybody.
func wellFormed(token string) bool {
	encoded, ok := strings.CutPrefix(token, Prefix)
	if !ok || len(encoded) != letters.EncodedLen(secretBytes+sumBytes) { // the decoder skips line breaks
		return false
	}
	raw, err := letters.DecodeString(encoded)
	return err == nil && len(raw) == secretBytes+sumBytes && string(raw[secretBytes:]) == string(checksum(raw[:secretBytes]))
}

// checksum is the upper 24 bits of CRC-32. It finds mistakes, and protects
// nothing.
func checksum(secret []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(secret))[:sumBytes]
}

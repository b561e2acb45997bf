package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/model"
)

// cursor is a position in a list as it travels: JSON in base64url. It grants
// nothing; its digest only keeps it from being used with another query, where
// it would skip items.
type cursor struct {
	Digest []byte `json:"d"`
	Key    string `json:"k,omitempty"`
	ID     int64  `json:"i"`
	Before bool   `json:"b,omitempty"`
}

// position is the place behind item, or the one before it.
func position(item *model.Item, column string, before bool) store.Position {
	at := store.Position{ID: item.ID, Before: before}
	switch column {
	case "created_at":
		at.Key = item.CreatedAt
	case "updated_at":
		at.Key = item.UpdatedAt
	case "name":
		at.Key = item.Name
	}
	return at
}

func encodeCursor(at store.Position, digest []byte) string {
	c := cursor{Digest: digest, ID: at.ID, Before: at.Before}
	switch key := at.Key.(type) {
	case model.Time:
		c.Key = key.String()
	case string:
		c.Key = key
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // it holds nothing that can fail
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeCursor(text string, digest []byte, column string) (*store.Position, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return nil, errors.New("is not a cursor; take it from the Link header of an answer")
	}
	if string(c.Digest) != string(digest) {
		return nil, errors.New("belongs to another sort or filter; begin again without it")
	}
	at := &store.Position{ID: c.ID, Before: c.Before}
	switch column {
	case "created_at", "updated_at":
		var key model.Time
		if err := key.UnmarshalText([]byte(c.Key)); err != nil {
			return nil, errors.New("is not a cursor; take it from the Link header of an answer")
		}
		at.Key = key
	case "name":
		if strings.ContainsRune(c.Key, 0) { // which no name has, and Postgres refuses
			return nil, errors.New("is not a cursor; take it from the Link header of an answer")
		}
		at.Key = c.Key
	}
	return at, nil
}

// digest identifies a list's sort and filters.
func digest(query url.Values) []byte {
	sum := sha256.Sum256([]byte(query.Encode()))
	return sum[:6]
}

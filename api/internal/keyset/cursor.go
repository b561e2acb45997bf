package keyset

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/fualab/fualab/shared/model"
)

// cursor is the encoded form of a position: JSON in base64url. It grants no
// right. Its digest only prevents its use with another query, where it would
// skip rows.
type cursor struct {
	Digest []byte `json:"d"`
	Key    string `json:"k,omitempty"`
	Null   bool   `json:"n,omitempty"`
	ID     int64  `json:"i"`
	Before bool   `json:"b,omitempty"`
}

// The faults of a cursor. Each is the end of a sentence about the parameter.
var (
	errNoCursor = errors.New("is not a cursor; take it from the Link header of a response")
	errOther    = errors.New("belongs to another sort or filter; begin again without it")
)

// Cursor returns the text of a position in the list of query.
func (o Order) Cursor(at Position, query url.Values) string {
	c := cursor{Digest: digest(query), ID: at.ID, Before: at.Before}
	switch key := at.Key.(type) {
	case model.Time:
		c.Key = key.String()
	case string:
		c.Key = key
	case int64:
		c.Key = strconv.FormatInt(key, 10)
	case float64:
		c.Key = strconv.FormatFloat(key, 'g', -1, 64)
	case nil:
		c.Null = o.Column != ID
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // all its fields are encodable
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Position reads a text from Cursor with the same order and query. "" is the
// beginning, for which it returns nil. Its errors are ends of sentences for the
// client about the parameter.
func (o Order) Position(text string, query url.Values) (*Position, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return nil, errNoCursor
	}
	if string(c.Digest) != string(digest(query)) {
		return nil, errOther
	}
	at := &Position{ID: c.ID, Before: c.Before}
	switch {
	case o.Column == ID, c.Null && o.Nullable:
	case c.Null:
		return nil, errNoCursor
	default:
		if at.Key, err = o.Kind.parse(c.Key); err != nil {
			return nil, errNoCursor
		}
	}
	return at, nil
}

// parse reads a key.
func (k Kind) parse(text string) (any, error) {
	switch k {
	case Instant:
		var at model.Time
		err := at.UnmarshalText([]byte(text))
		return at, err
	case Integer:
		return strconv.ParseInt(text, 10, 64)
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		if math.IsNaN(n) || math.IsInf(n, 0) { // no row has these
			return nil, errNoCursor
		}
		return n, err
	default:
		if strings.ContainsRune(text, 0) { // no text of a row has NUL, and Postgres refuses it
			return nil, errNoCursor
		}
		return text, nil
	}
}

// digest identifies a list's sort and filters.
func digest(query url.Values) []byte {
	sum := sha256.Sum256([]byte(query.Encode()))
	return sum[:6]
}

// Links returns the header Link (RFC 8288) from a page of the list at path to
// its neighbours. query has the sort and the filters, to which cursors are
// bound. first and last are the positions before the page's first row and after
// its last row. An empty page has no neighbours. A page always has a link back
// to the side from which it was reached, even if that page turns out empty.
func (p Page) Links(path string, query url.Values, first, last Position, more bool) []string {
	link := func(rel string, at Position, before bool) string {
		at.Before = before
		q := make(url.Values, len(query)+2)
		for name, values := range query {
			q[name] = values
		}
		q.Set("limit", strconv.Itoa(p.Limit))
		q.Set("cursor", p.Order.Cursor(at, query))
		return `<` + path + `?` + q.Encode() + `>; rel="` + rel + `"`
	}
	var links []string
	if more || p.backward() {
		links = append(links, link("next", last, false))
	}
	if p.From != nil && (more || !p.backward()) {
		links = append(links, link("prev", first, true))
	}
	return links
}

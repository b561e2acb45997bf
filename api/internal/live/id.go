package live

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ID is a position in the stream: the id of a Redis stream's entry, and the
// history of the entry. Its two numbers are compared one after the other; the
// order of the texts differs. The zero ID is before all entries.
type ID struct {
	ms, seq uint64
	// history identifies the server's run that had the entry. It changes when a
	// server starts from an older dump or a replica takes over. Then entries
	// after an existing id may be missing.
	history string
}

var idForm = regexp.MustCompile(`^(\d{1,20})-(\d{1,20})(?:-([0-9a-f]{8}))?$`)

// ParseID reads an id in its full form, such as 1763942400000-0-5k0d9f2a. An id
// without a history is in Redis' own form.
func ParseID(text string) (ID, error) {
	parts := idForm.FindStringSubmatch(text)
	if parts == nil {
		return ID{}, fmt.Errorf("parse an event's id: not two numbers with a hyphen between them")
	}
	ms, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return ID{}, fmt.Errorf("parse an event's id: its first number is too large")
	}
	seq, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil {
		return ID{}, fmt.Errorf("parse an event's id: its second number is too large")
	}
	return ID{ms, seq, parts[3]}, nil
}

// Entry returns the id in Redis' form.
func (id ID) Entry() string {
	return strconv.FormatUint(id.ms, 10) + "-" + strconv.FormatUint(id.seq, 10)
}

// String returns the id in the clients' form.
func (id ID) String() string {
	return strings.TrimSuffix(id.Entry()+"-"+id.history, "-")
}

// of returns id with the given history.
func (id ID) of(history string) ID {
	id.history = history
	return id
}

// Before reports whether id is before other in the stream.
func (id ID) Before(other ID) bool {
	return cmp.Or(cmp.Compare(id.ms, other.ms), cmp.Compare(id.seq, other.seq)) < 0
}

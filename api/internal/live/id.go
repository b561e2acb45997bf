package live

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ID is a position in the stream: the id of a Redis stream's entry. Its two
// numbers are compared one after the other; as text they are not in order.
// The zero ID is before every entry.
type ID struct{ ms, seq uint64 }

var idForm = regexp.MustCompile(`^\d{1,20}-\d{1,20}$`)

// ParseID reads an id in its full form, such as 1763942400000-0.
func ParseID(text string) (ID, error) {
	if !idForm.MatchString(text) {
		return ID{}, fmt.Errorf("parse an event's id: not two numbers with a hyphen between them")
	}
	first, second, _ := strings.Cut(text, "-")
	ms, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		return ID{}, fmt.Errorf("parse an event's id: its first number is too large")
	}
	seq, err := strconv.ParseUint(second, 10, 64)
	if err != nil {
		return ID{}, fmt.Errorf("parse an event's id: its second number is too large")
	}
	return ID{ms, seq}, nil
}

func (id ID) String() string {
	return strconv.FormatUint(id.ms, 10) + "-" + strconv.FormatUint(id.seq, 10)
}

// Before reports whether id comes before other in the stream.
func (id ID) Before(other ID) bool {
	return cmp.Or(cmp.Compare(id.ms, other.ms), cmp.Compare(id.seq, other.seq)) < 0
}

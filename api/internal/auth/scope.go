package auth

import (
	"strings"

	"github.com/fualab/fualab/shared/errs"
)

// Scope is a set of what a caller may do. None of them contains another: who
// is to read and to write needs both.
type Scope uint8

// The scopes.
const (
	Read  Scope = 1 << iota // looks at everything but tokens
	Write                   // creates, changes, deletes and restores records
	Admin                   // changes schedules, starts and ends runs, lists and revokes tokens

	All = Read | Write | Admin
)

// scopes are the names, in the order in which they are told.
var scopes = []struct {
	scope Scope
	name  string
}{{Read, "read"}, {Write, "write"}, {Admin, "admin"}}

// Has reports whether all of needed is in s.
func (s Scope) Has(needed Scope) bool { return s&needed == needed }

// Names returns the names of what is in s.
func (s Scope) Names() []string {
	names := []string{}
	for _, known := range scopes {
		if s.Has(known.scope) {
			names = append(names, known.name)
		}
	}
	return names
}

// String returns the names as OAuth writes them: separated by spaces.
func (s Scope) String() string { return strings.Join(s.Names(), " ") }

// KnownScopes returns those of names that are scopes, and whether all are.
func KnownScopes(names ...string) (found Scope, all bool) {
	all = true
	for _, name := range names {
		one := scopeOf(name)
		found |= one
		all = all && one != 0
	}
	return found, all
}

func scopeOf(name string) Scope {
	for _, known := range scopes {
		if known.name == name {
			return known.scope
		}
	}
	return 0
}

// ParseScopes reads names that are separated by commas or spaces; there must
// be at least one.
func ParseScopes(list string) (Scope, error) {
	names := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	found, all := KnownScopes(names...)
	if found == 0 || !all {
		return 0, errs.New(errs.Invalid, "the scopes are read, write and admin, separated by commas; at least one is needed")
	}
	return found, nil
}

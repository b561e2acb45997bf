package auth

import (
	"strings"

	"github.com/fualab/fualab/shared/errs"
)

// Scope is a set of rights. No right contains another: a caller that reads and
// writes needs both.
type Scope uint8

// The scopes.
const (
	Read  Scope = 1 << iota // reads everything but tokens
	Write                   // creates, changes, deletes and restores records
	Admin                   // changes schedules, starts and ends runs, lists and revokes tokens

	All = Read | Write | Admin
)

// scopes are the names, in the order of all lists.
var scopes = []struct {
	scope Scope
	name  string
}{{Read, "read"}, {Write, "write"}, {Admin, "admin"}}

// Has reports whether s contains all of needed.
func (s Scope) Has(needed Scope) bool { return s&needed == needed }

// Names returns the names of the rights in s.
func (s Scope) Names() []string {
	names := []string{}
	for _, known := range scopes {
		if s.Has(known.scope) {
			names = append(names, known.name)
		}
	}
	return names
}

// String returns the names in OAuth's form, separated by spaces.
func (s Scope) String() string { return strings.Join(s.Names(), " ") }

// KnownScopes returns the scopes among names, and whether all names are scopes.
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

// ParseScopes reads at least one name. Commas or spaces separate the names.
func ParseScopes(list string) (Scope, error) {
	names := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	found, all := KnownScopes(names...)
	if found == 0 || !all {
		return 0, errs.New(errs.Invalid, "must be at least one of read, write and admin, separated by commas")
	}
	return found, nil
}

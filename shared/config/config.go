// Package config reads a service's settings from FUALAB_* environment
// variables. It reports all faults at once, each with the variable's name and
// the cure. It never repeats a wrong value, because the value may be a secret.
package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v10"
)

// Prefix begins the name of every variable FUALab reads.
const Prefix = "FUALAB_"

// testPrefix begins the variables that only tests read.
const testPrefix = Prefix + "TEST_"

// Fault is one unusable setting.
type Fault struct {
	Variable string
	Message  string // the fault and its cure
}

// Error lists all faults of a configuration. A program that gets an Error
// prints it and exits with status 2.
type Error struct{ Faults []Fault }

func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Faults)+1)
	lines = append(lines, "the configuration cannot be used:")
	for _, f := range e.Faults {
		lines = append(lines, "  "+f.Variable+": "+f.Message)
	}
	return strings.Join(lines, "\n")
}

// FaultsOf returns the faults of an error of Load, and none for nil.
func FaultsOf(err error) []Fault {
	var e *Error
	if errors.As(err, &e) {
		return e.Faults
	}
	return nil
}

// Validator is implemented by a configuration with rules that span fields.
type Validator interface{ Validate() []Fault }

// Load fills a T, a struct with `env` tags, from environ ("KEY=value" lines, as
// os.Environ returns them). An empty value counts as unset. An unknown FUALAB_
// variable is a fault, so that a typo does not silently leave a default in
// force. The error is always an *Error.
func Load[T any](environ []string) (T, error) {
	var cfg T
	vars := parse(environ)
	faults := unknown(vars, reflect.TypeFor[T]())
	if err := env.ParseWithOptions(&cfg, env.Options{Environment: vars, Prefix: Prefix}); err != nil {
		faults = append(faults, faultsOf(err, reflect.TypeFor[T]())...)
	}
	if c, ok := any(&cfg).(interface{ standard([]string) []Fault }); ok {
		faults = append(faults, c.standard(environ)...)
	}
	if v, ok := any(cfg).(Validator); ok {
		faults = append(faults, further(faults, v.Validate())...)
	}
	if len(faults) == 0 {
		return cfg, nil
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return strings.Compare(a.Variable, b.Variable) })
	return cfg, &Error{Faults: faults}
}

// further drops the faults of variables that already have one: an unreadable
// value also breaks the rules.
func further(known, more []Fault) []Fault {
	return slices.DeleteFunc(more, func(f Fault) bool {
		return slices.ContainsFunc(known, func(k Fault) bool { return k.Variable == f.Variable })
	})
}

func parse(environ []string) map[string]string {
	vars := make(map[string]string)
	for _, line := range environ {
		key, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(key, Prefix) && value != "" {
			vars[key] = value
		}
	}
	return vars
}

// unknown finds the FUALAB_ variables that no part of FUALab reads.
func unknown(vars map[string]string, t reflect.Type) []Fault {
	known := slices.Clone(Names)
	for _, v := range Variables(t) {
		known = append(known, v.Name)
	}
	var faults []Fault
	for name := range vars {
		if strings.HasPrefix(name, testPrefix) || slices.Contains(known, name) {
			continue
		}
		message := "no part of FUALab reads this variable; remove it, or correct its name"
		if near := nearest(name, known); near != "" {
			message = "no part of FUALab reads this variable; did you mean " + near + "?"
		}
		faults = append(faults, Fault{name, message})
	}
	return faults
}

// faultsOf translates the library's errors into faults. The library names Go
// fields and repeats values; the faults name variables and repeat no values.
func faultsOf(err error, t reflect.Type) []Fault {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []Fault{{Prefix + "*", err.Error()}}
	}
	variables := Variables(t)
	var faults []Fault
	for _, err := range all.Errors {
		var notSet env.EnvVarIsNotSetError
		var bad env.ParseError
		switch {
		case errors.As(err, &notSet):
			v := find(variables, func(v Variable) bool { return v.Name == notSet.Key })
			faults = append(faults, Fault{notSet.Key, "is required and not set; " + v.Example()})
		case errors.As(err, &bad):
			v := find(variables, func(v Variable) bool { return v.field == bad.Name })
			faults = append(faults, Fault{v.Name, expected(bad)})
		default:
			faults = append(faults, Fault{Prefix + "*", err.Error()})
		}
	}
	return faults
}

// expected describes a correct value.
func expected(e env.ParseError) string {
	var own *SyntaxError
	if errors.As(e.Err, &own) {
		return own.Expected
	}
	switch e.Type.Kind() {
	case reflect.Bool:
		return "must be true or false"
	case reflect.Int, reflect.Int64:
		return "must be a whole number"
	case reflect.Uint16:
		return "must be a whole number from 0 to 65535"
	default:
		return fmt.Sprintf("is not a valid %s", strings.ToLower(e.Type.Name()))
	}
}

func find(vs []Variable, match func(Variable) bool) Variable {
	if i := slices.IndexFunc(vs, match); i >= 0 {
		return vs[i]
	}
	return Variable{Name: Prefix + "*"}
}

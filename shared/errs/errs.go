// Package errs has the one error type that crosses FUALab's package boundaries.
// An error has a kind, a message for the client, and a wrapped cause for the
// log. The kind decides the reaction to the error.
package errs

import (
	"errors"
	"fmt"
)

// Kind classifies an error for its caller. The API maps it to an HTTP status,
// the worker to a retry or an end. The zero value is Internal, so that an
// unclassified error never looks harmless.
type Kind uint8

// The kinds, with their HTTP status in the API.
const (
	Internal           Kind = iota // 500
	Malformed                      // 400, the request cannot be read at all
	Invalid                        // 422, it can be read and breaks a rule
	Unauthorized                   // 401
	Forbidden                      // 403
	NotFound                       // 404
	Conflict                       // 409
	PreconditionFailed             // 412
	TooManyRequests                // 429
	Unavailable                    // 503, worth trying again
)

var names = [...]string{
	Internal:           "internal",
	Malformed:          "malformed",
	Invalid:            "invalid",
	Unauthorized:       "unauthorized",
	Forbidden:          "forbidden",
	NotFound:           "not found",
	Conflict:           "conflict",
	PreconditionFailed: "precondition failed",
	TooManyRequests:    "too many requests",
	Unavailable:        "unavailable",
}

func (k Kind) String() string { return names[k] }

// Error has a Kind, a message that is safe to show to a client, and the cause.
// It never contains a value from a client.
type Error struct {
	Kind    Kind
	Message string  // a sentence for the client: the fault and the cure
	Title   string  // a more precise short name than the Kind's; mostly ""
	Fields  []Field // for Invalid: each fault and its place
	Cause   error   // for the log only
}

// Field locates one fault in the input.
type Field struct {
	In      string // body, query, path or header
	Pointer string // RFC 6901 JSON Pointer in a body, otherwise the parameter's name
	Message string
}

// New returns an error of the given kind whose message a client may read.
func New(kind Kind, message string) *Error {
	return &Error{Kind: kind, Message: message}
}

// Newf is New with a format. Do not format client input into it.
func Newf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap classifies cause. It returns nil for a nil cause.
func Wrap(kind Kind, message string, cause error) error {
	if cause == nil {
		return nil
	}
	return &Error{Kind: kind, Message: message, Cause: cause}
}

// InvalidFields returns an Invalid error that lists every fault of an input.
func InvalidFields(fields ...Field) *Error {
	return &Error{Kind: Invalid, Message: "The request breaks at least one rule; see errors.", Fields: fields}
}

// Changed returns a PreconditionFailed error about a record, such as a
// schedule, whose state does not match the request's preconditions.
func Changed(record string) *Error {
	return &Error{
		Kind:    PreconditionFailed,
		Title:   "The " + record + " has changed",
		Message: "The " + record + " does not match the request's preconditions. Get it again, and repeat the change on its present state.",
	}
}

func (e *Error) Error() string {
	s := e.Message
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s %s: %s]", f.In, f.Pointer, f.Message)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of the outermost Error in err's chain, or Internal if
// there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether the outermost Error in err's chain has the given kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

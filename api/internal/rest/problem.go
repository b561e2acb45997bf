package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/log"
)

// Problem is an error as a client sees it: RFC 9457.
type Problem struct {
	Type     string       `json:"type" example:"urn:fualab:problem:invalid" doc:"Identifies the kind of problem; stable."`
	Title    string       `json:"title" example:"The request breaks a rule" doc:"The kind of problem in words; the same for every occurrence."`
	Status   int          `json:"status" example:"422" doc:"The HTTP status."`
	Detail   string       `json:"detail" doc:"What went wrong this time, and what helps."`
	Instance string       `json:"instance" doc:"The request's id, also in X-Request-Id and in the log."`
	Errors   []FieldError `json:"errors,omitempty" doc:"The faults of the input, at most 100 of them. Values that were sent are never repeated."`
}

// FieldError locates one fault: in the body by pointer, elsewhere by
// parameter.
type FieldError struct {
	Detail    string `json:"detail" doc:"What is wrong there."`
	Pointer   string `json:"pointer,omitempty" example:"#/name" doc:"Where in the body: a JSON Pointer (RFC 6901) as a URI fragment."`
	Parameter string `json:"parameter,omitempty" example:"limit" doc:"The query parameter, path parameter or header."`
}

// Error, GetStatus and ContentType let huma send a Problem.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns RFC 9457's media type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// maxFaults is the most faults in one answer.
const maxFaults = 100

// kinds maps every errs.Kind to its status, type and title.
var kinds = map[errs.Kind]struct {
	status int
	name   string
	title  string
}{
	errs.Internal:           {500, "internal", "Internal error"},
	errs.Malformed:          {400, "malformed", "The request cannot be read"},
	errs.Invalid:            {422, "invalid", "The request breaks a rule"},
	errs.Unauthorized:       {401, "unauthorized", "Authentication is needed"},
	errs.Forbidden:          {403, "forbidden", "Not allowed"},
	errs.NotFound:           {404, "not-found", "Not found"},
	errs.Conflict:           {409, "conflict", "Conflict"},
	errs.PreconditionFailed: {412, "precondition-failed", "The record has changed"},
	errs.TooManyRequests:    {429, "too-many-requests", "Too many requests"},
	errs.Unavailable:        {503, "unavailable", "Not available at the moment"},
}

// protocol holds the problems that HTTP itself has, by status.
var protocol = map[int]struct{ name, title, detail string }{
	403: {"forbidden", "Not allowed", ""},
	421: {"misdirected", "Misdirected request", ""},
	405: {"method-not-allowed", "Method not allowed", "This path does not support the method; Allow lists those it does."},
	406: {"not-acceptable", "Not acceptable", "Answers are application/json; accept that or anything."},
	408: {"timeout", "The request took too long", "The body did not arrive in time. Send it faster, or in smaller parts."},
	413: {"too-large", "The body is too large", "Send less in one request; the documentation states the limit."},
	414: {"uri-too-long", "The URL is too long", "Path and query may have 8192 bytes together."},
	415: {"unsupported-media-type", "Unsupported media type", "Send the body as application/json."},
}

// statusClientGone is for the log alone, as nginx and huma have it.
const statusClientGone = 499

// problemOf is the one place where an error becomes what a client sees.
func problemOf(ctx context.Context, err error) *Problem {
	kind, title, message, fields := errs.Internal, "", "", []errs.Field(nil)
	var known *errs.Error
	if errors.Is(err, context.Canceled) && !errors.As(err, &known) {
		return newProblem(ctx, statusClientGone, "client-gone", "The client went away", "Nobody reads this.")
	}
	switch {
	case errors.As(err, &known):
		kind, title, message, fields = known.Kind, known.Title, known.Message, known.Fields
	case errors.Is(err, context.DeadlineExceeded):
		kind, message = errs.Unavailable, "The request took too long. Try again."
	}
	if kind == errs.Internal {
		message = "Something went wrong here. The instance identifies this request in the log."
	}
	k := kinds[kind]
	if len(fields) > maxFaults {
		message = fmt.Sprintf("The request breaks %d rules; errors lists the first %d.", len(fields), maxFaults)
		fields = fields[:maxFaults]
	}
	p := newProblem(ctx, k.status, k.name, cmp.Or(title, k.title), message)
	for _, f := range fields {
		p.Errors = append(p.Errors, fieldError(f))
	}
	return p
}

func newProblem(ctx context.Context, status int, name, title, detail string) *Problem {
	return &Problem{Type: "urn:fualab:problem:" + name, Title: title, Status: status, Detail: detail, Instance: log.RequestID(ctx)}
}

func fieldError(f errs.Field) FieldError {
	if f.In == "body" {
		return FieldError{Detail: f.Message, Pointer: "#" + f.Pointer}
	}
	return FieldError{Detail: f.Message, Parameter: f.Pointer}
}

// answer logs err if it is the server's fault, once, and returns the Problem
// that the client gets.
func answer(ctx context.Context, logger *slog.Logger, err error) error {
	var made *Problem
	if errors.As(err, &made) {
		return err // with its headers, if it has any
	}
	p := problemOf(ctx, err)
	logProblem(ctx, logger, p, err)
	if p.Status == http.StatusServiceUnavailable {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"1"}})
	}
	return p
}

// useProblems makes huma answer Problems for what it finds wrong itself,
// before a handler runs. The hooks are global to the library.
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, details ...error) huma.StatusError {
		return ofLibrary(context.Background(), status, details)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, details ...error) huma.StatusError {
		return ofLibrary(ctx.Context(), status, details)
	}
})

// logProblem writes the cause of what is the server's fault, once.
func logProblem(ctx context.Context, logger *slog.Logger, p *Problem, err error) {
	switch {
	case errors.Is(err, context.Canceled):
	case p.Status == http.StatusServiceUnavailable:
		logger.WarnContext(ctx, "request failed", "status", p.Status, "error", err)
	case p.Status >= http.StatusInternalServerError:
		logger.ErrorContext(ctx, "request failed", "status", p.Status, "error", err)
	}
}

// ofLibrary translates what huma found wrong with a request. Its own texts
// may repeat the input; only those known not to are kept.
func ofLibrary(ctx context.Context, status int, details []error) *Problem {
	if h, ok := protocol[status]; ok {
		return newProblem(ctx, status, h.name, h.title, h.detail)
	}
	switch status {
	case http.StatusBadRequest:
		return problemOf(ctx, errs.New(errs.Malformed, malformed(details)))
	case http.StatusInternalServerError:
		// Handlers return Problems, so only the body is left that could not be
		// read: its client went away, or its framing is broken.
		return problemOf(ctx, errs.New(errs.Malformed, "The body broke off before its end."))
	case http.StatusUnprocessableEntity:
		fields := make([]errs.Field, len(details))
		for i, d := range details[:min(len(details), maxFaults)] { // of the others only the number is told
			fields[i] = fieldOf(d)
		}
		return problemOf(ctx, errs.InvalidFields(fields...))
	default:
		return problemOf(ctx, fmt.Errorf("the router answered %d", status))
	}
}

func malformed(details []error) string {
	for _, d := range details {
		var detail huma.ErrorDetailer
		if errors.As(d, &detail) && strings.HasPrefix(detail.ErrorDetail().Message, bodySubject) {
			return detail.ErrorDetail().Message
		}
	}
	return "The body is missing or not valid JSON."
}

// A replacer takes several kilobytes, so that these are made once.
var (
	indexes = strings.NewReplacer("[", ".", "]", "")
	escapes = strings.NewReplacer("~", "~0", "/", "~1") // of a JSON Pointer (RFC 6901)
)

// fieldOf turns one of huma's details, at a path such as
// body.rows[3].name, into a field at a JSON Pointer.
func fieldOf(err error) errs.Field {
	var detailer huma.ErrorDetailer
	if !errors.As(err, &detailer) {
		return errs.Field{In: "body", Message: "is not valid"}
	}
	d := detailer.ErrorDetail()
	in, path, _ := strings.Cut(d.Location, ".")
	if i := strings.IndexByte(in, '['); i >= 0 { // body[3].name
		in, path = in[:i], in[i:]+"."+path
	}
	message := d.Message
	if name, ok := strings.CutPrefix(message, "expected required property "); ok {
		path, message = path+"."+strings.TrimSuffix(name, " to be present"), "is required"
	}
	if in != "body" {
		return errs.Field{In: in, Pointer: path, Message: plain(message)}
	}
	path = indexes.Replace(path)
	pointer := ""
	for part := range strings.SplitSeq(path, ".") {
		if part != "" {
			pointer += "/" + escapes.Replace(part)
		}
	}
	return errs.Field{In: in, Pointer: pointer, Message: plain(message)}
}

// plain keeps the texts that are made of the schema, never of the input.
func plain(message string) string {
	if rest, ok := strings.CutPrefix(message, "expected "); ok {
		return "must be " + strings.TrimPrefix(rest, "value to be ")
	}
	switch message {
	case "is required":
		return message
	case "unexpected property":
		return "is not a known field"
	case "invalid integer":
		return "must be a whole number"
	case "invalid boolean":
		return "must be true or false"
	case "unknown query parameter":
		return "is not a known parameter"
	}
	return "is not valid"
}

// writeProblem answers outside of huma's operations.
func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = EncodeJSON(w, p) // the client is gone
}

// WriteError sends the Problem of err outside of an operation's handler, and logs
// err once if it is the server's fault.
func WriteError(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		p = problemOf(r.Context(), err)
		logProblem(r.Context(), logger, p, err)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeProblem(w, p)
}

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

// Problem is the error response of RFC 9457.
type Problem struct {
	Type     string       `json:"type" example:"urn:fualab:problem:invalid" doc:"Identifies the kind of problem; stable."`
	Title    string       `json:"title" example:"The request breaks a rule" doc:"The kind of problem in words; the same for every occurrence."`
	Status   int          `json:"status" example:"422" doc:"The HTTP status."`
	Detail   string       `json:"detail" doc:"The cause of this occurrence, and the cure."`
	Instance string       `json:"instance" doc:"The request's id, also in X-Request-Id and in the log."`
	Errors   []FieldError `json:"errors,omitempty" doc:"The faults of the input, at most 100 of them. Values from the request are never repeated."`
}

// FieldError locates one fault: in the body by pointer, elsewhere by parameter.
type FieldError struct {
	Detail    string `json:"detail" doc:"The fault at this place."`
	Pointer   string `json:"pointer,omitempty" example:"#/name" doc:"The place in the body: a JSON Pointer (RFC 6901) as a URI fragment."`
	Parameter string `json:"parameter,omitempty" example:"limit" doc:"The query parameter, path parameter or header."`
}

// Error, GetStatus and ContentType let huma send a Problem.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns RFC 9457's media type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// maxFaults is the largest number of faults in one response.
const maxFaults = 100

// kinds maps all errs.Kind values to their status, type and title.
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

// protocol has the problems that HTTP itself defines, by status.
var protocol = map[int]struct{ name, title, detail string }{
	403: {"forbidden", "Not allowed", ""},
	421: {"misdirected", "Misdirected request", ""},
	405: {"method-not-allowed", "Method not allowed", "This path does not support the method. The header Allow lists the supported methods."},
	406: {"not-acceptable", "Not acceptable", "Responses are application/json. Accept that type, or any type."},
	408: {"timeout", "The request took too long", "The body did not arrive in time. Send it faster, or in smaller parts."},
	413: {"too-large", "The body is too large", "Send less in one request; the documentation states the limit."},
	414: {"uri-too-long", "The URL is too long", "Path and query may have 8192 bytes together."},
	415: {"unsupported-media-type", "Unsupported media type", "Send the body as application/json."},
}

// statusClientGone is for the log alone, as in nginx and huma.
const statusClientGone = 499

// problemOf is the only place that turns an error into a Problem.
func problemOf(ctx context.Context, err error) *Problem {
	kind, title, message, fields := errs.Internal, "", "", []errs.Field(nil)
	var known *errs.Error
	if errors.Is(err, context.Canceled) && !errors.As(err, &known) {
		return newProblem(ctx, statusClientGone, "client-gone", "The client disconnected", "This response has no reader.")
	}
	switch {
	case errors.As(err, &known):
		kind, title, message, fields = known.Kind, known.Title, known.Message, known.Fields
	case errors.Is(err, context.DeadlineExceeded):
		kind, message = errs.Unavailable, "The request took too long. Retry later."
	}
	if kind == errs.Internal {
		message = "The server failed. Retry later, or search its log for this instance."
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

// answer logs err once if the server is at fault, and returns the Problem for
// the client.
func answer(ctx context.Context, logger *slog.Logger, err error) error {
	var made *Problem
	if errors.As(err, &made) {
		return err // with its headers, if any
	}
	p := problemOf(ctx, err)
	logProblem(ctx, logger, p, err)
	if p.Status == http.StatusServiceUnavailable {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"1"}})
	}
	return p
}

// useProblems makes huma answer with Problems for faults that it finds itself,
// before a handler runs. The hooks are global to the library.
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, details ...error) huma.StatusError {
		return ofLibrary(context.Background(), status, details)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, details ...error) huma.StatusError {
		return ofLibrary(ctx.Context(), status, details)
	}
})

// logProblem writes the cause of a server's fault once.
func logProblem(ctx context.Context, logger *slog.Logger, p *Problem, err error) {
	switch {
	case errors.Is(err, context.Canceled):
	case p.Status == http.StatusServiceUnavailable:
		logger.WarnContext(ctx, "request failed", "status", p.Status, "error", err)
	case p.Status >= http.StatusInternalServerError:
		logger.ErrorContext(ctx, "request failed", "status", p.Status, "error", err)
	}
}

// ofLibrary translates the faults that huma found. huma's texts may repeat the
// input, so only the texts without input are kept.
func ofLibrary(ctx context.Context, status int, details []error) *Problem {
	if h, ok := protocol[status]; ok {
		return newProblem(ctx, status, h.name, h.title, h.detail)
	}
	switch status {
	case http.StatusBadRequest:
		return problemOf(ctx, errs.New(errs.Malformed, malformed(details)))
	case http.StatusInternalServerError:
		// Handlers return Problems, so only an unreadable body is left: its
		// client disconnected, or its framing is broken.
		return problemOf(ctx, errs.New(errs.Malformed, "The body ended too early. Send the request again."))
	case http.StatusUnprocessableEntity:
		fields := make([]errs.Field, len(details))
		for i, d := range details[:min(len(details), maxFaults)] { // only the number of the others is reported
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

// These are made once, because a replacer takes several kilobytes.
var (
	indexes = strings.NewReplacer("[", ".", "]", "")
	escapes = strings.NewReplacer("~", "~0", "/", "~1") // the escapes of a JSON Pointer (RFC 6901)
)

// fieldOf turns one of huma's details into a field with a JSON Pointer. Its
// path is such as body.rows[3].name.
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

// plain keeps the texts that come from the schema, never from the input.
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
	_ = EncodeJSON(w, p) // the client may have disconnected
}

// WriteError sends the Problem of err outside of an operation's handler. It
// logs err once if the server is at fault.
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

package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/idempotency"
	"github.com/fualab/fualab/shared/errs"
)

// The Idempotency-Key of draft-ietf-httpapi-idempotency-key-header-07.
const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotent-Replayed"
	maxKey         = 255
)

// idempotent makes a POST with an Idempotency-Key take effect once. It stores
// the response with the effect, and repeats it if the client sends the request
// again. A request without an effect, such as an invalid one, is not stored.
func idempotent(keys *idempotency.Keys, logger *slog.Logger) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent := r.Header.Values(keyHeader)
			if r.Method != http.MethodPost || len(sent) == 0 {
				next.ServeHTTP(w, r)
				return
			}
			key, body, err := keyOf(w, r, sent)
			if err != nil {
				WriteError(w, r, logger, err)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			serveOnce(w, r, keys, key, next, logger)
		})
	}
}

// errNoEffect tells the store that a response is not a success.
var errNoEffect = errors.New("the request had no effect")

func serveOnce(w http.ResponseWriter, r *http.Request, keys *idempotency.Keys, key idempotency.Key, next http.Handler, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(r.Context(), WorkTimeout)
	defer cancel()
	rec := &bufferedResponse{ResponseWriter: w, header: make(http.Header), status: http.StatusOK}
	answer, replayed, err := keys.Once(ctx, key, func(ctx context.Context) (*idempotency.Answer, error) {
		next.ServeHTTP(rec, r.WithContext(ctx))
		if rec.status >= http.StatusMultipleChoices {
			return nil, errNoEffect
		}
		return rec.answer(), nil
	})
	switch {
	case errors.Is(err, errNoEffect):
		answer = rec.answer()
	case err != nil:
		if errs.Is(err, errs.Conflict) {
			w.Header().Set("Retry-After", "1")
		}
		WriteError(w, r, logger, err)
		return
	case replayed:
		w.Header().Set(replayedHeader, "true")
	}
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) //nolint:gosec // the body is JSON, with its media type; the client may have disconnected
}

// keyOf reads the identity of a request with a key.
func keyOf(w http.ResponseWriter, r *http.Request, sent []string) (idempotency.Key, []byte, error) {
	key, err := parseKey(sent)
	if err != nil {
		return idempotency.Key{}, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBatchBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return idempotency.Key{}, nil, ofLibrary(r.Context(), http.StatusRequestEntityTooLarge, nil)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return idempotency.Key{}, nil, ofLibrary(r.Context(), http.StatusRequestTimeout, nil)
	case err != nil:
		return idempotency.Key{}, nil, errs.Wrap(errs.Malformed, "The body ended too early. Send the request again.", err)
	}
	sum := sha256.New()
	for _, part := range []string{r.URL.EscapedPath(), "?", r.URL.RawQuery, "\n", r.Header.Get("Content-Type"), "\n"} {
		_, _ = io.WriteString(sum, part)
	}
	_, _ = sum.Write(body)
	return idempotency.Key{Caller: Caller(r.Context()), Key: key, Fingerprint: sum.Sum(nil)}, body, nil
}

// Caller returns the id of the caller of ctx, or "" without authentication.
func Caller(ctx context.Context) string {
	p, _ := auth.From(ctx)
	return p.ID
}

// quotedKey is a String of RFC 8941, as in the draft. bareKey is the form that
// many clients send instead.
var (
	quotedKey = regexp.MustCompile(`^"((?:[ !#-\[\]-~]|\\["\\])+)"$`)
	bareKey   = regexp.MustCompile(`^[!#-+\--:<-\[\]-~]+$`)
)

// parseKey returns the key in the lines of a header. Quoted or not, the same
// characters are the same key.
func parseKey(lines []string) (string, error) {
	key := strings.Trim(lines[0], " \t")
	if quoted := quotedKey.FindStringSubmatch(key); quoted != nil {
		key = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1])
	} else if !bareKey.MatchString(key) {
		key = ""
	}
	if len(lines) > 1 || key == "" || len(key) > maxKey {
		return "", errs.New(errs.Malformed, `The Idempotency-Key is invalid. Send one key of 1 to 255 ASCII characters in quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324".`)
	}
	return key, nil
}

// bufferedResponse buffers a response, so that it is stored before it is sent.
type bufferedResponse struct {
	http.ResponseWriter
	header http.Header
	status int
	sent   bool
	body   bytes.Buffer
}

func (h *bufferedResponse) Header() http.Header { return h.header }

func (h *bufferedResponse) WriteHeader(status int) {
	if !h.sent {
		h.sent, h.status = true, status
	}
}

func (h *bufferedResponse) Write(p []byte) (int, error) {
	h.sent = true
	return h.body.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (h *bufferedResponse) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *bufferedResponse) answer() *idempotency.Answer {
	return &idempotency.Answer{Status: h.status, Header: h.header, Body: h.body.Bytes()}
}

// documentKey adds the header and its responses to the documentation of op.
func documentKey(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: keyHeader, In: "header", Example: `"8e03978e-40d5-43dd-bc93-6894a57f9324"`,
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(2*maxKey + 2)},
		Description: "Makes it safe to repeat the request: with the same key it takes effect once. For 24 hours, a repetition gets the first response, with `Idempotent-Replayed: true`. " +
			"A key belongs to its caller, and has up to 255 characters, quoted (an RFC 8941 string) or not. 400 for an invalid key, 409 while the first request is in progress, 422 if the key was used for another request. " +
			"A response other than 2xx had no effect and is not stored.",
	})
	for _, status := range []int{http.StatusBadRequest, http.StatusConflict} {
		if !slices.Contains(op.Errors, status) {
			op.Errors = append(op.Errors, status)
		}
	}
}

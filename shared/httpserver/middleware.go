package httpserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"

	"github.com/fualab/fualab/shared/log"
)

// requestID is what a client's own X-Request-Id must look like to be kept.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Identified gives each request an id, the client's own or a new one, in its
// context and in the answer's X-Request-Id.
func Identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !requestID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r.WithContext(log.WithRequestID(r.Context(), id)))
	})
}

// Recovered logs a panic of next with its stack, and has answer tell the
// client. An answer that has begun is aborted instead, so that the client does
// not take half of it for the whole.
func Recovered(next http.Handler, logger *slog.Logger, answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &sender{ResponseWriter: w}
		defer rescue(out, r, logger, answer)
		next.ServeHTTP(out, r)
	})
}

// sender notes how far an answer got.
type sender struct {
	http.ResponseWriter
	begun bool
	lost  error // of the write that failed: the client is gone
}

func (s *sender) WriteHeader(status int) {
	s.begun = true
	s.ResponseWriter.WriteHeader(status)
}

func (s *sender) Write(p []byte) (int, error) {
	s.begun = true
	n, err := s.ResponseWriter.Write(p)
	if err != nil {
		s.lost = err
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (s *sender) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func rescue(w *sender, r *http.Request, logger *slog.Logger, answer http.HandlerFunc) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel, compared as it does
		panic(v)
	}
	if err, ok := v.(error); ok && w.lost != nil && errors.Is(err, w.lost) {
		// huma panics when it cannot write: no fault of the server.
		panic(http.ErrAbortHandler)
	}
	logger.ErrorContext(r.Context(), "panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	answer(w, r)
}

package httpserver

import (
	"crypto/rand"
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
// client.
func Recovered(next http.Handler, logger *slog.Logger, answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer rescue(w, r, logger, answer)
		next.ServeHTTP(w, r)
	})
}

func rescue(w http.ResponseWriter, r *http.Request, logger *slog.Logger, answer http.HandlerFunc) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel, compared as it does
		panic(v)
	}
	logger.ErrorContext(r.Context(), "panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
	answer(w, r)
}

package httpserver_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
)

func TestPanicIsLoggedAndAnswered(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("kaput") })
	h := httpserver.Identified(httpserver.Recovered(panics, log.New(&out, slog.LevelInfo, "test"), func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, log.RequestID(r.Context()))
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("X-Request-Id", "abc-1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || w.Body.String() != "abc-1" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	for _, want := range []string{"kaput", "middleware_test.go", `"request_id":"abc-1"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %s: %s", want, out.String())
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	h := httpserver.Identified(http.NotFoundHandler())
	for header, kept := range map[string]bool{"": false, "abc-1.2_3": true, "a b": false, strings.Repeat("x", 65): false, "é": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.Header.Set("X-Request-Id", header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("X-Request-Id"); (got == header) != kept || got == "" {
			t.Errorf("%q became %q", header, got)
		}
	}
}

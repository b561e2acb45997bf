package httpserver_test

import (
	"errors"
	"fmt"
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
	h := httpserver.Observed(panics, log.New(&out, slog.LevelInfo, "test"), func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, log.RequestID(r.Context()))
	})
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

// TestPanicAfterTheHeaders: the client must not take half an answer for the
// whole, nor get a second one behind it.
func TestPanicAfterTheHeaders(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	panics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 64<<10)) // more than any buffer on the way
		panic("kaput")
	})
	server := httptest.NewServer(httpserver.Observed(panics, log.New(&out, slog.LevelInfo, "test"), func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "problem")
	}))
	resp, err := server.Client().Get(server.URL) //nolint:noctx // the server ends with the test
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	server.Close() // waits for the handler, so that the log can be read
	if err == nil || strings.Contains(string(body), "problem") {
		t.Errorf("read %d bytes, %v; want the connection to break", len(body), err)
	}
	if !strings.Contains(out.String(), "kaput") {
		t.Errorf("the log lacks the cause: %s", out.String())
	}
}

// unreachable is a client that has gone.
type unreachable struct{ http.ResponseWriter }

var errGone = errors.New("write: broken pipe")

func (unreachable) Write([]byte) (int, error) { return 0, errGone }

// TestClientGoneIsNoFault has a library panic because it cannot write.
func TestClientGoneIsNoFault(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	writes := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := io.WriteString(w, "x"); err != nil {
			panic(fmt.Errorf("write the answer: %w", err))
		}
	})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel
			t.Errorf("panics with %v, want it aborted", v)
		}
		if strings.Contains(out.String(), "ERROR") {
			t.Errorf("logged: %s", out.String())
		}
	}()
	httpserver.Observed(writes, log.New(&out, slog.LevelInfo, "test"), func(http.ResponseWriter, *http.Request) {
		t.Error("answered")
	}).ServeHTTP(unreachable{httptest.NewRecorder()}, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	h := httpserver.Observed(http.NotFoundHandler(), slog.New(slog.DiscardHandler), nil)
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

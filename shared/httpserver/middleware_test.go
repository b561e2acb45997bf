package httpserver_test

import (
	"context"
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

// TestPanicAfterTheHeaders proves that the client does not take a partial
// response for the whole, and gets no second one after it.
func TestPanicAfterTheHeaders(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	panics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 64<<10)) // more than any buffer in between
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

// unreachable is a client that has disconnected.
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

// watcher records its requests, and marks their contexts.
type watcher struct{ answered []httpserver.Answered }

type watched struct{}

func (w *watcher) Begin(ctx context.Context, _ *http.Request) context.Context {
	return context.WithValue(ctx, watched{}, w)
}

func (w *watcher) End(ctx context.Context, a httpserver.Answered) {
	if ctx.Value(watched{}) == w {
		w.answered = append(w.answered, a)
	}
}

// TestRequestsAreNoted proves that the line and the watchers agree. The line of
// a probe has level debug.
func TestRequestsAreNoted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		route, caller, line string
		level               slog.Level
	}{
		{"/api/things", "ci", `"level":"INFO" "method":"PUT" "route":"/api/things" "status":499 "bytes":4 "caller":"ci"`, slog.LevelInfo},
		{"", "", `"level":"INFO" "method":"PUT" "route":"none" "status":499 "bytes":4`, slog.LevelInfo},
		{"/api/health", "", `"level":"DEBUG" "route":"/api/health"`, slog.LevelDebug},
		{"/health", "", "", slog.LevelInfo},
		{"/ready", "", "", slog.LevelInfo},
		{"/api/ready", "", "", slog.LevelInfo},
	} {
		var out strings.Builder
		told := new(watcher)
		h := httpserver.Observed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			request := log.RequestOf(r.Context())
			request.Route, request.Caller = tt.route, tt.caller
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, "so")
			_, _ = io.WriteString(w, "me")
			w.WriteHeader(499) // the client has disconnected
		}), log.New(&out, tt.level, "test"), nil, told)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", http.NoBody))
		if w.Code != http.StatusAccepted || w.Body.String() != "some" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: answered %d %s %v", tt.route, w.Code, w.Body, w.Header())
		}
		if (out.Len() == 0) != (tt.line == "") || tt.caller == "" && strings.Contains(out.String(), "caller") {
			t.Errorf("%s at level %s: logged %s", tt.route, tt.level, out.String())
		}
		for want := range strings.FieldsSeq(tt.line) {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: the line lacks %s: %s", tt.route, want, out.String())
			}
		}
		if len(told.answered) != 1 {
			t.Fatalf("%s: the watcher is told %d times", tt.route, len(told.answered))
		}
		if a := told.answered[0]; a.Method != http.MethodPut || a.Route != tt.route || a.Status != 499 || a.Took <= 0 {
			t.Errorf("%s: the watcher is told %+v", tt.route, a)
		}
	}
}

// TestAbortIsNoFault proves that an aborted response is not logged as a panic,
// and that its request is logged. Any other panic is logged, even if the client
// has disconnected.
func TestAbortIsNoFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value  any
		logged bool
	}{{http.ErrAbortHandler, false}, {errors.New("kaput"), true}} {
		var out strings.Builder
		h := httpserver.Observed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "x")
			panic(tt.value)
		}), log.New(&out, slog.LevelInfo, "test"), nil)
		func() {
			defer func() {
				if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel
					t.Errorf("panics with %v, want it aborted", v)
				}
			}()
			h.ServeHTTP(unreachable{httptest.NewRecorder()}, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		}()
		if strings.Contains(out.String(), "ERROR") != tt.logged || !strings.Contains(out.String(), `"msg":"request"`) {
			t.Errorf("%v: logged %s", tt.value, out.String())
		}
	}
}

// TestExchangeReachesTheConnection proves that the handler of a stream can
// flush.
func TestExchangeReachesTheConnection(t *testing.T) {
	t.Parallel()
	h := httpserver.Observed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	}), slog.New(slog.DiscardHandler), nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	if !w.Flushed {
		t.Error("not flushed")
	}
}

package rest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"
)

func serve(t *testing.T, logger *slog.Logger, h http.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	router := mux.NewRouter()
	router.Use(noteRoute)
	router.HandleFunc("/things/{id}", h).Methods(http.MethodGet)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/things/s3cr3t?token=s3cr3t", http.NoBody)
	rec := httptest.NewRecorder()
	middleware(router, logger).ServeHTTP(rec, req)
	return rec
}

func TestOneLogLineARequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	serve(t, slog.New(slog.NewJSONHandler(&out, nil)), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("short"))
	})
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("not one line: %s", out.String())
	}
	for key, want := range map[string]any{"method": "GET", "route": "/things/{id}", "status": 418.0, "bytes": 5.0} {
		if line[key] != want {
			t.Errorf("%s: %v, want %v", key, line[key], want)
		}
	}
	if strings.Contains(out.String(), "s3cr3t") {
		t.Errorf("the raw path is logged: %s", out.String())
	}
}

func TestPanicIsAProblem(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rec := serve(t, slog.New(slog.NewJSONHandler(&out, nil)), func(http.ResponseWriter, *http.Request) { panic("kaput") })
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "kaput") || rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("answered %d %s", rec.Code, rec.Body)
	}
	if !strings.Contains(out.String(), "kaput") || !strings.Contains(out.String(), "middleware_test.go") {
		t.Errorf("the log has no cause and stack: %s", out.String())
	}
}

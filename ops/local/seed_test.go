package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

func TestSeed(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, "FUALAB_DATA_DIR="+t.TempDir())
	var out strings.Builder
	if err := run(t.Context(), []string{"seed", p.site + "/"}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	made, _, _ := strings.Cut(out.String(), " ")
	items := call(t, http.MethodGet, p.site+"/api/items?limit=1000", "", http.StatusOK)
	if want := strings.Count(items, `"id":`); want == 0 || made != strconv.Itoa(want) {
		t.Errorf("seed prints %q, and the list has %d items", out.String(), want)
	}
	p.stop(t)
}

func TestSeedNamesCauseAndCure(t *testing.T) {
	t.Parallel()
	answers := func(status int, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context //nolint:containedctx // of one call
		url  string
		want string
	}{
		"NoAPI":      {gone, "http://127.0.0.1:8000", "start one with `go run ./ops/local`"},
		"Refused":    {t.Context(), answers(http.StatusUnauthorized, "a token is needed"), "a token is needed"},
		"AnotherAPI": {t.Context(), answers(http.StatusCreated, "<html>"), "does not respond like FUALab's API"},
		"NoAddress":  {t.Context(), "http://[", "is not the address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if err := seed(tt.ctx, tt.url, &out); err == nil || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
				t.Errorf("got %v, printed %q, want %q", err, out.String(), tt.want)
			}
		})
	}
	if err := run(t.Context(), []string{"seed", "a", "b"}, nil, nil, nil); err != errUsage { //nolint:errorlint // returned as it is
		t.Errorf("two addresses: %v", err)
	}
}

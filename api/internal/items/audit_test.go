package items_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestRequestLinesTellWhoDidWhat: the line of a request has the client's
// address, the record that it changed or made, and the security event.
func TestRequestLinesTellWhoDidWhat(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "sqlite")
	st := console.NewTokenStore(db, time.Now)
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	authenticator := auth.Start(t.Context(), auth.Config{Tokens: st, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(authenticator.Close)
	token := func(scopes string) (string, int64) {
		secret := auth.NewToken()
		hash := auth.HashOf(secret)
		row := &model.Token{Name: "test", Hash: hash[:], Scopes: scopes}
		if err := st.CreateToken(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		return secret, row.ID
	}
	all, _ := token("read write admin")
	reads, other := token("read")
	handler := apitest.NewAPI(apitest.Deps{
		Auth: authenticator, DB: db, Now: time.Now, Log: logger, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Limit: limit.New(t.Context(), limit.Policy{Name: "requests", Rate: 1, Per: time.Hour, Burst: 6}, nil, logger, time.Now),
	})
	for _, test := range []struct {
		method, path, token, body      string
		status                         int
		address, caller, record, event string
	}{
		{"POST", "/api/items", all, `{"name":"x"}`, 201, "203.0.113.9", "token:1", "1", ""},
		{"PATCH", "/api/items/1", all, `{"name":"y"}`, 200, "203.0.113.9", "token:1", "1", ""},
		{"GET", "/api/items/1", all, "", 200, "203.0.113.9", "token:1", "", ""},
		{"DELETE", "/api/items/1", reads, "", 403, "203.0.113.9", "token:2", "", "scope_refused"},
		{"DELETE", "/api/items/1", all, "", 204, "203.0.113.9", "token:1", "1", ""},
		{"GET", "/api/items/1", auth.NewToken(), "", 401, "203.0.113.9", "", "", "token_refused"},
		{"GET", "/api/items/1", "", "", 401, "203.0.113.9", "", "", "token_refused"},
		{"DELETE", "/api/tokens/2", all, "", 204, "203.0.113.9", "token:1", "2", "token_revoked"},
		{"GET", "/api/items", all, "", 200, "203.0.113.9", "token:1", "", ""},
		{"GET", "/api/items", all, "", 429, "203.0.113.9", "token:1", "", "limit_reached"},
	} {
		out.Reset()
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		r.RemoteAddr = "10.0.0.7:4711"
		r.Header.Set("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
		r.Header.Set("Content-Type", "application/json")
		if test.method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/merge-patch+json")
		}
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var line struct{ Msg, Address, Caller, Record, Event string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		if w.Code != test.status || line.Address != test.address || line.Caller != test.caller || line.Record != test.record || line.Event != test.event {
			t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, out.String())
		}
	}
	if other != 2 {
		t.Errorf("the second token is %d", other)
	}
}

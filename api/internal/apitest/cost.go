package apitest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/console"
	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// unread is a body that counts the bytes that are read of it.
type unread struct {
	text io.Reader
	n    int
}

func (u *unread) Read(p []byte) (int, error) {
	n, err := u.text.Read(p)
	u.n += n
	return n, err
}

// CheckRefusals asks for each operation of a matrix, for each
// reason of a refusal, and prints the matrix with -v: a refusal takes one
// statement at most, which identifies the caller, and reads nothing of the body.
func CheckRefusals(t *testing.T, matrix map[string]string) {
	t.Helper()
	db, faults := testdb.Faulty(t, testdb.New(t, "sqlite"))
	st := console.NewTokenStore(db, time.Now)
	log := slog.New(slog.DiscardHandler)
	start := func(policy limit.Policy) http.Handler {
		authenticator := auth.Start(t.Context(), auth.Config{Tokens: st, Now: time.Now, Log: log})
		t.Cleanup(authenticator.Close)
		d := Deps{Auth: authenticator, DB: db, Now: time.Now, Log: log, Draining: func() bool { return false }}
		if policy.Rate > 0 {
			d.Limit = limit.New(t.Context(), policy, nil, log, time.Now)
		}
		return NewAPI(d)
	}
	token := func(scopes string) string {
		secret := auth.NewToken()
		hash := auth.HashOf(secret)
		if err := st.CreateToken(t.Context(), &model.Token{Name: "test", Hash: hash[:], Scopes: scopes}); err != nil {
			t.Fatal(err)
		}
		return secret
	}
	handler, used := start(limit.Policy{}), start(limit.Policy{Name: "test", Rate: 1, Per: time.Hour, Burst: 1})
	all, tired := token("read write admin"), token("read write admin")
	lacking := map[string]string{"read": token("write admin"), "write": token("read admin"), "admin": token("read write")}
	cost := func(handler http.Handler, method, path, token string) (status, statements, read int) {
		body := &unread{text: strings.NewReader(`{"name":"x"}`)}
		r := httptest.NewRequestWithContext(t.Context(), method, path, body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", `"cost"`)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		faults.Clear()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, len(faults.Seen()), body.n
	}
	cost(used, "GET", "/api/me", tired) // all that the limit allows

	document := DocumentOf(t, handler)
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(document.Paths[path])) {
			needs := matrix[strings.ToUpper(method)+" "+path]
			if needs == "" || needs == Open {
				continue
			}
			at := strings.NewReplacer("{id}", "1", "{name}", "rows.expire").Replace(path)
			unknown := auth.NewToken()
			for _, refusal := range []struct {
				reason  string
				handler http.Handler
				query   string
				token   string
				status  int
				most    int // statements
			}{
				{"no token", handler, "", "", 401, 0},
				{"malformed token", handler, "", "fua_x", 401, 0},
				{"unknown token", handler, "", unknown, 401, 1},
				{"the same again", handler, "", unknown, 401, 0},
				{"no scope", handler, "", lacking[needs], 403, 1},
				{"limit reached", used, "", tired, 429, 1},
				{"unreadable query", handler, "?x=%", all, 400, 1},
			} {
				if refusal.reason == "no scope" && needs == Known {
					continue
				}
				status, statements, read := cost(refusal.handler, strings.ToUpper(method), at+refusal.query, refusal.token)
				line := fmt.Sprintf("%-6s %-32s %-17s %d %d statements %d bytes", strings.ToUpper(method), path, refusal.reason, status, statements, read)
				t.Log(line)
				if status != refusal.status || statements > refusal.most || read > 0 {
					t.Errorf("%s; want %d, %d statements, 0 bytes", line, refusal.status, refusal.most)
				}
			}
		}
	}
}

// Parameters is the part of the API's document that these tests read.
type Parameters struct {
	Paths map[string]map[string]struct {
		Parameters []struct{ Name, In string }
		Responses  map[string]struct{ Headers map[string]any }
	}
}

// DocumentOf returns the part of the document that a handler serves.
func DocumentOf(t *testing.T, handler http.Handler) Parameters {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/openapi.json", http.NoBody))
	var d Parameters
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || len(d.Paths) == 0 {
		t.Fatal(fmt.Errorf("read the document: %w", err))
	}
	return d
}

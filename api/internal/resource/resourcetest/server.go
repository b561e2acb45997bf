package resourcetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/api/contract"
	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/api/internal/cache"
	"github.com/fualab/fualab/api/internal/epoch"
	"github.com/fualab/fualab/api/internal/idempotency"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/model"
)

// Served is an entity that an API can serve.
type Served interface {
	serve(api *rest.API, deps resource.Deps)
	kind() cache.Kind
}

type served[T any] struct{ r *resource.Resource[T] }

func (s served[T]) serve(api *rest.API, deps resource.Deps) { s.r.Serve(api, deps) }

func (s served[T]) kind() cache.Kind { return s.r.Kind() }

// Of makes a Served of a declared entity.
func Of[T any](r *resource.Resource[T]) Served { return served[T]{r} }

// Server is an API of a few entities, as one process of several on a database. Each response is held to its document.
type Server struct {
	URL   string
	API   *rest.API
	Cache *cache.Cache

	t        testing.TB
	contract *contract.Contract
	mu       sync.Mutex
	events   []events.Event
	watchers []func(events.Event)
}

// Serve starts an API on db, with tokens for the scopes read and write; see Server.Do.
func Serve(t testing.TB, db *database.DB, entities ...Served) *Server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	kinds := make([]cache.Kind, len(entities))
	for i, e := range entities {
		kinds[i] = e.kind()
	}
	s := &Server{t: t, Cache: cache.New(8<<20, kinds...)}
	tokens := auth.Start(t.Context(), auth.Config{Tokens: tokens{}, Now: time.Now, Log: log})
	t.Cleanup(tokens.Close)
	s.API = rest.New(rest.Config{
		Title: "Things", Version: "1", Scopes: "read and write.", Auth: tokens, Cache: s.Cache, Log: log,
		Keys: idempotency.New(db, time.Now),
	})
	for _, e := range entities {
		e.serve(s.API, resource.Deps{DB: db, Epoch: epoch.New(db, db), Now: time.Now, Cache: s.Cache, Publish: s.publish, Log: log})
	}
	document, err := s.API.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if s.contract, err = contract.Load(document); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.API.Handler())
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Watch has s see the events of another process, as by Redis.
func (s *Server) Watch(other *Server) {
	other.mu.Lock()
	defer other.mu.Unlock()
	other.watchers = append(other.watchers, s.Cache.Observe)
}

func (s *Server) publish(e events.Event) {
	s.mu.Lock()
	s.events = append(s.events, e)
	watchers := s.watchers
	s.mu.Unlock()
	for _, see := range watchers {
		see(e)
	}
}

// Events returns the events since the last call.
func (s *Server) Events() []events.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.events
	s.events = nil
	return seen
}

// Tokens of the scopes of their names.
const (
	reader = "fua_reader"
	writer = "fua_writer"
)

// made are well-formed tokens.
var made = map[string]string{reader: auth.NewToken(), writer: auth.NewToken()}

// tokens are those in made.
type tokens struct{}

// TokenByHash implements auth.Tokens.
func (tokens) TokenByHash(_ context.Context, hash []byte) (*model.Token, error) {
	for id, name := range []string{reader, writer} {
		known := auth.HashOf(made[name])
		if bytes.Equal(known[:], hash) {
			return &model.Token{ID: int64(id + 1), Name: name, Hash: hash, Scopes: map[string]string{reader: "read", writer: "read write"}[name]}, nil
		}
	}
	return nil, errs.New(errs.NotFound, "There is no such token.")
}

// TouchTokens implements auth.Tokens.
func (tokens) TouchTokens(context.Context, ...int64) error { return nil }

// Response is a response with its body.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// ID returns the id of the row that the response holds.
func (r *Response) ID(t testing.TB) int64 {
	t.Helper()
	var row struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal([]byte(r.Body), &row); err != nil || row.ID == 0 {
		t.Fatalf("%d %s: no id: %v", r.Status, r.Body, err)
	}
	return row.ID
}

// Row returns the members of the row that the response holds.
func (r *Response) Row(t testing.TB) map[string]any {
	t.Helper()
	row := map[string]any{}
	if err := json.Unmarshal([]byte(r.Body), &row); err != nil {
		t.Fatalf("%d %s: %v", r.Status, r.Body, err)
	}
	return row
}

// Rows returns the rows that the response holds.
func (r *Response) Rows(t testing.TB) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(r.Body), &rows); err != nil {
		t.Fatalf("%d %s: %v", r.Status, r.Body, err)
	}
	return rows
}

// Do sends a request as a caller that may write. body is a text, or is sent as JSON; nil for none. header are names and
// values.
func (s *Server) Do(method, path string, body any, header ...string) *Response {
	s.t.Helper()
	return s.as(writer, method, path, body, header...)
}

func (s *Server) as(caller, method, path string, body any, header ...string) *Response {
	s.t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.t.Error(err)
		}
		text = string(raw)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader([]byte(text)))
	if err != nil {
		s.t.Error(err)
		return new(Response)
	}
	if caller != "" {
		request.Header.Set("Authorization", "Bearer "+made[caller])
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		if method == http.MethodPatch {
			request.Header.Set("Content-Type", "application/merge-patch+json")
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Error(err)
		return new(Response)
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Error(err)
	}
	if err := s.contract.Check(method, request.URL.Path, answer.StatusCode, answer.Header, read); err != nil {
		s.t.Error(err)
	}
	return &Response{answer.StatusCode, answer.Header, string(read)}
}

// Want is Do for a request that is to have a status.
func (s *Server) Want(status int, method, path string, body any, header ...string) *Response {
	s.t.Helper()
	r := s.Do(method, path, body, header...)
	if r.Status != status {
		s.t.Errorf("%s %s: %d %s, want %d", method, path, r.Status, r.Body, status)
	}
	return r
}

package rest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/shared/log"
)

type echoInput struct{ Body struct{ Name string } }

type echoOutput struct{ Body string }

// echoServer has one operation with the real middleware.
func echoServer(t *testing.T, out io.Writer, f func(context.Context, *echoInput) (*echoOutput, error)) *httptest.Server {
	t.Helper()
	api := New(Config{Log: log.New(out, slog.LevelInfo, "test")})
	Handle(api, Operation{Scope: AnyToken, Operation: huma.Operation{OperationID: "echo", Method: http.MethodPost, Path: "/echo"}}, f)
	server := httptest.NewServer(api.Handler())
	t.Cleanup(server.Close)
	return server
}

// TestBodyDoesNotCostTimeToWork proves that the time in which a slow client
// sends its body does not reduce the time for the work.
func TestBodyDoesNotCostTimeToWork(t *testing.T) {
	t.Parallel()
	const slow = 300 * time.Millisecond
	left := make(chan time.Duration, 1)
	server := echoServer(t, io.Discard, func(ctx context.Context, _ *echoInput) (*echoOutput, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return &echoOutput{}, nil
	})
	r, w := io.Pipe()
	time.AfterFunc(slow, func() {
		_, _ = io.WriteString(w, `{"Name":"x"}`)
		_ = w.Close()
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/echo", r)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := <-left; got <= WorkTimeout-slow || got > WorkTimeout {
		t.Errorf("%s are left of %s", got, WorkTimeout)
	}
}

// TestClassesOfRequests checks that pattern, method and query decide.
func TestClassesOfRequests(t *testing.T) {
	t.Parallel()
	b := newBounds(Config{})
	op := func(method, path string, class *Class, counts func(string) bool) {
		b.add(&Operation{Operation: huma.Operation{Method: method, Path: path}, Class: class, Counts: counts})
	}
	op("GET", "/things", Costly, SearchOrTotal)
	op("PATCH", "/things/{id}/parts", Transfers, nil)
	op("GET", "/things/export", Exports, nil)
	op("GET", "/things/{id}", nil, nil)
	for request, want := range map[string]*Class{
		"GET /things": ordinary, "GET /things?limit=5&sort=q": ordinary, "GET /things?q=a": Costly, "GET /things?limit=5&total=true": Costly, "GET /things?%71=a": Costly,
		"POST /things?q=a": ordinary, "GET /things/?q=a": ordinary, "GET /things/export": Exports, "GET /things/7": ordinary,
		"PATCH /things/7/parts": Transfers, "PATCH /things//parts": ordinary, "PATCH /things/7/parts/1": ordinary, "PATCH /things/7": ordinary, "GET /things/7/parts": ordinary,
	} {
		method, target, _ := strings.Cut(request, " ")
		if got := b.classOf(httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)); got != want {
			t.Errorf("%s counts as %s, want %s", request, got.name, want.name)
		}
	}
}

// logLines is a log that tests can wait for.
type logLines chan string

func (l logLines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// TestClientLeaves covers a client that disconnects while it sends, or while it
// waits. Neither is a fault of the server.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ request, status string }{
		"in its body":      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", `"status":400`},
		"in a chunk":       {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", `"status":400`},
		"before an answer": {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n" + `{"Name":"x"}`, `"status":499`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := make(logLines, 10)
			entered := make(chan struct{}, 1)
			server := echoServer(t, lines, func(ctx context.Context, _ *echoInput) (*echoOutput, error) {
				entered <- struct{}{}
				<-ctx.Done()
				return nil, ctx.Err()
			})
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, tt.request); err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(tt.request, "}") {
				<-entered
			}
			_ = conn.Close()
			// The request's own line comes last; a fault would precede it.
			if got := <-lines; !strings.Contains(got, tt.status) || !strings.Contains(got, `"level":"INFO","msg":"request"`) {
				t.Errorf("logged: %s; want only a request with %s", got, tt.status)
			}
		})
	}
}

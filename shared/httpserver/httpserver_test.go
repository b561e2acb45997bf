package httpserver_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/testwait"
)

// clientTimeout guards against a request that hangs.
const clientTimeout = testwait.Patience

// start serves h. It returns the address, and a function that stops the server
// and waits for its end.
func start(t *testing.T, cfg httpserver.Config) (addr string, stop func() error) {
	t.Helper()
	ln, stop := startAt(t, cfg)
	return ln.Addr().String(), stop
}

func startAt(t *testing.T, cfg httpserver.Config) (ln net.Listener, stop func() error) {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "FUALAB_TEST_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	server := httpserver.New(cfg)
	go func() { done <- server.Serve(ctx, ln) }()
	return ln, func() error {
		cancel()
		return <-done
	}
}

// get reads a response to its end, and reports whether it closes the
// connection.
func get(ctx context.Context, client *http.Client, url string) (closes bool, err error) {
	_, closes, err = read(ctx, client, url)
	return closes, err
}

func read(ctx context.Context, client *http.Client, url string) (body string, closes bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", false, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", false, err
	}
	text, err := io.ReadAll(resp.Body)
	return string(text), resp.Close, errors.Join(err, resp.Body.Close())
}

func TestRequestInFlightFinishes(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	// The handler answers during the stop: OnStop is called before the end.
	stopping := func() { close(release) }
	addr, stop := start(t, httpserver.Config{ShutdownTimeout: testwait.Patience, OnStop: stopping, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	})})
	result := make(chan error, 1)
	go func() {
		_, err := get(context.Background(), http.DefaultClient, "http://"+addr)
		result <- err
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	if err := <-result; err != nil {
		t.Error("request in flight:", err)
	}
	if err := <-stopped; err != nil {
		t.Error("stop:", err)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	addr, stop := start(t, httpserver.Config{ShutdownTimeout: 50 * time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})})
	go func() { _, _ = get(context.Background(), http.DefaultClient, "http://"+addr) }()
	<-entered
	begin := time.Now()
	if err := stop(); err == nil || time.Since(begin) > 3*time.Second {
		t.Errorf("stopped after %s with %v; want an error soon after 50 ms", time.Since(begin), err)
	}
}

// TestStopUnderLoad has two kinds of clients that send one request after
// another. Some keep their connections until they are told to close, as a load
// balancer does. Others connect anew each time until a connection is refused.
// No request may fail otherwise.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	for name, reconnect := range map[string]bool{"kept connections": false, "new connections": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 5 {
				stopUnderLoad(t, reconnect)
			}
		})
	}
}

func stopUnderLoad(t *testing.T, reconnect bool) {
	t.Helper()
	own := rand.Text() // identifies this server, because another may get its port afterwards
	addr, stop := start(t, httpserver.Config{ShutdownTimeout: 20 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-time.After(time.Millisecond) // a query's time, so that some requests are in flight
		_, _ = io.WriteString(w, own)
	})})
	var clients, underLoad sync.WaitGroup
	const n = 16
	underLoad.Add(n)
	for range n {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: reconnect}, Timeout: clientTimeout}
			defer client.CloseIdleConnections()
			busy := sync.OnceFunc(underLoad.Done)
			defer busy() // also after a failure
			for i := range 1_000_000 {
				answer, closes, err := read(context.Background(), client, "http://"+addr)
				var op *net.OpError
				if reconnect && (errors.As(err, &op) && op.Op == "dial" || err == nil && answer != own) {
					return // refused, before anything was sent
				}
				if err != nil {
					t.Error("request:", err)
					return
				}
				if i == 20 {
					busy()
				}
				if closes && !reconnect {
					return
				}
			}
		})
	}
	underLoad.Wait()
	if err := stop(); err != nil {
		t.Error("stop:", err)
	}
	clients.Wait()
}

func TestDelayKeepsServing(t *testing.T) {
	t.Parallel()
	const delay = 2 * time.Second
	ln, stop := startAt(t, httpserver.Config{ShutdownDelay: delay, ShutdownTimeout: time.Second, Handler: http.NotFoundHandler()})
	stopped := make(chan error, 1)
	begin := time.Now()
	go func() { stopped <- stop() }()
	for closes := false; !closes; { // during the delay, each response closes
		var err error
		if closes, err = get(t.Context(), http.DefaultClient, "http://"+ln.Addr().String()); err != nil {
			t.Fatal("a request during the delay:", err)
		}
	}
	if err := <-stopped; err != nil || time.Since(begin) < delay {
		t.Errorf("stopped after %s: %v", time.Since(begin), err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the stop it still listens: %v", err)
	}
}

// TestOnStop has a stream that ends with the server: not during the delay, and
// soon after it.
func TestOnStop(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, 400 * time.Millisecond} {
		stopping := make(chan struct{})
		addr, stop := start(t, httpserver.Config{
			ShutdownDelay: delay, ShutdownTimeout: 20 * time.Second, OnStop: func() { close(stopping) },
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Connection", "close")
				_ = http.NewResponseController(w).Flush()
				<-stopping
				_, _ = io.WriteString(w, "end")
			}),
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		stopped := make(chan error, 1)
		begin := time.Now()
		go func() { stopped <- stop() }()
		body, err := io.ReadAll(resp.Body)
		took := time.Since(begin)
		_ = resp.Body.Close()
		if err != nil || string(body) != "end" || took < delay || took > delay+10*time.Second {
			t.Errorf("delay %s: the stream ends after %s with %q, %v", delay, took, body, err)
		}
		if err := <-stopped; err != nil || time.Since(begin) > delay+10*time.Second { // the limit is 20 s
			t.Errorf("delay %s: stopped after %s: %v", delay, time.Since(begin), err)
		}
	}
}

func TestSlowHeaderIsCutOff(t *testing.T) {
	t.Parallel()
	addr, stop := start(t, httpserver.Config{ShutdownTimeout: time.Second, Handler: http.NotFoundHandler()})
	defer func() { _ = stop() }()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	begin := time.Now()
	if _, err := io.ReadAll(conn); err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("a header that never ends held the connection for %s: %v", time.Since(begin), err)
	}
}

func TestListenNamesPortAndVariable(t *testing.T) {
	t.Parallel()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "FUALAB_TEST_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, err = httpserver.Listen(t.Context(), ln.Addr().String(), "FUALAB_TEST_ADDR")
	if err == nil || !strings.Contains(err.Error(), ln.Addr().String()) || !strings.Contains(err.Error(), "FUALAB_TEST_ADDR") {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	addr, stop := start(t, httpserver.Config{ShutdownTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})})
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{addr, ":" + port, "0.0.0.0:" + port} {
		if err := httpserver.Check(t.Context(), from, "/health"); err != nil {
			t.Errorf("%s: %v", from, err)
		}
	}
	if err := httpserver.Check(t.Context(), addr, "/other"); err == nil {
		t.Error("503 passes")
	}
	_ = stop()
	for addr, names := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "0.0.0.0:1": "127.0.0.1:1", "[::]:1": "127.0.0.1:1",
		"localhost:1": "localhost:1", "127.0.0.2:1": "127.0.0.2:1", "no port": "missing port",
	} {
		if err := httpserver.Check(t.Context(), addr, "/health"); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("a server that is not at %s: %v, want an error that names %s", addr, err, names)
		}
	}
	if err := httpserver.Check(t.Context(), addr, "/%"); err == nil {
		t.Error("a malformed path passes")
	}
}

// TestCheckEnds proves that Check fails if the server accepts and never
// answers.
func TestCheckEnds(t *testing.T) {
	t.Parallel()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "FUALAB_TEST_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	begin := time.Now()
	err = httpserver.Check(t.Context(), ln.Addr().String(), "/health")
	if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took < 2*time.Second || took > 20*time.Second {
		t.Errorf("after %s: %v, want it to end after 3 s", took, err)
	}
}

// TestServeReportsAListenerThatFails proves that Serve returns although its
// context goes on.
func TestServeReportsAListenerThatFails(t *testing.T) {
	t.Parallel()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "FUALAB_TEST_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	server := httpserver.New(httpserver.Config{Handler: http.NotFoundHandler(), Log: slog.New(slog.DiscardHandler)})
	if err := server.Serve(t.Context(), ln); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("got %v, want the listener's error with its address", err)
	}
}

// TestDraining proves that a server drains from the end of its context on, and
// still answers.
func TestDraining(t *testing.T) {
	t.Parallel()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "FUALAB_TEST_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var server *httpserver.Server
	server = httpserver.New(httpserver.Config{
		ShutdownTimeout: 20 * time.Second, Log: slog.New(slog.DiscardHandler),
		OnStop: func() {
			if !server.Draining() {
				t.Error("it stops, and is not draining")
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, server.Draining())
		}),
	})
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	body, closes, err := read(t.Context(), new(http.Client), "http://"+ln.Addr().String())
	if err != nil || body != "false" || closes {
		t.Errorf("draining is %s, the answer closes %t, %v; want neither before the stop", body, closes, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLongHeaderIsRefused(t *testing.T) {
	t.Parallel()
	addr, stop := start(t, httpserver.Config{ShutdownTimeout: time.Second, Handler: http.NotFoundHandler()})
	defer func() { _ = stop() }()
	for size, want := range map[int]int{60 << 10: http.StatusNotFound, 80 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Long", strings.Repeat("x", size))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("a header of %d bytes: status %d, want %d", size, resp.StatusCode, want)
		}
	}
}

func TestListenNamesTheVariableOfABadAddress(t *testing.T) {
	t.Parallel()
	if _, err := httpserver.Listen(t.Context(), "127.0.0.1:x", "FUALAB_TEST_ADDR"); err == nil || !strings.Contains(err.Error(), "FUALAB_TEST_ADDR") {
		t.Errorf("got %v", err)
	}
}

// Package httpserver runs an http.Handler with the limits and the orderly
// shutdown of FUALab's listeners.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fualab/fualab/shared/log"
)

// Limits of a connection. Go's defaults are unlimited.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// grace is the least time that clients with an open connection get for one more
// request, whose answer tells them that the connection closes.
const grace = 300 * time.Millisecond

// Config configures a Server.
type Config struct {
	Handler         http.Handler
	Browsers        Browsers      // the pages whose requests are accepted
	ShutdownDelay   time.Duration // not ready, but still serving
	ShutdownTimeout time.Duration // then, the limit for requests in flight
	// OnStop is called once, between the two. It ends requests without an end
	// of their own, such as streams, and returns at once. It may be nil.
	OnStop func()
	Log    *slog.Logger

	Connections Connections // the limits of open connections

	// Noted receives each security event outside request handlers: a page of
	// another origin, a connection beyond the limits. Many goroutines call it,
	// and it must return at once. nil: only the log gets the events.
	Noted func(log.Event)
}

// Server serves one listener until its context ends.
type Server struct {
	cfg      Config
	http     http.Server
	draining atomic.Bool
	open     *connections
}

// New returns a server that does not listen yet.
func New(cfg Config) *Server {
	if cfg.Noted == nil {
		cfg.Noted = func(log.Event) {}
	}
	s := &Server{cfg: cfg, open: newConnections(cfg.Connections, cfg.Log, cfg.Noted)}
	s.cfg.Handler = cfg.Browsers.protect(cfg.Handler, cfg.Log, cfg.Noted)
	s.http = http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.open.note,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	return s
}

// Draining reports whether the server is about to stop: it still answers, but
// should get no new requests.
func (s *Server) Draining() bool { return s.draining.Load() }

// Serve answers on ln until ctx ends, then stops without breaking a request. It
// reports Draining, asks clients to close their connections, waits for
// ShutdownDelay and calls OnStop. Requests in flight then have ShutdownTimeout
// to finish. Serve closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	door := &gate{Listener: ln}
	ended := make(chan error, 1)
	go func() { ended <- s.http.Serve(door) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.wait(s.cfg.ShutdownDelay, s.cfg.ShutdownDelay)
	if s.cfg.OnStop != nil {
		s.cfg.OnStop()
	}
	s.wait(0, max(0, grace-s.cfg.ShutdownDelay))
	door.shut()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		s.cfg.Log.WarnContext(ctx, "the listener failed", "error", err)
	}
	s.wait(0, grace) // Shutdown drops requests that were just read

	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownTimeout)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		_ = s.http.Close()
		return fmt.Errorf("stop serving on %s: requests were still in flight after %s: %w", ln.Addr(), s.cfg.ShutdownTimeout, err)
	}
	return nil
}

// wait waits at least atLeast, then until clients have closed their
// connections, at most for atMost. While draining, each response closes its
// connection. Without the wait, a client between two requests would get a
// reset.
func (s *Server) wait(atLeast, atMost time.Duration) {
	const pause = 5 * time.Millisecond
	for begin := time.Now(); time.Since(begin) < atLeast || (s.open.open() > 0 && time.Since(begin) < atMost); {
		time.Sleep(pause) //nolint:forbidigo // bounded by the condition; ctx has already ended
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		w.Header().Set("Connection", "close")
	}
	s.cfg.Handler.ServeHTTP(w, r)
}

// Listen binds addr. variable is the name of the setting, for the message.
func Listen(ctx context.Context, addr, variable string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: the address %s is taken by another program: stop it, or set %s to a free one, such as :8090", variable, addr, variable)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s: this user may not listen on %s: set %s to a port above 1023", variable, addr, variable)
	default:
		return nil, fmt.Errorf("%s: cannot listen on %s: %w", variable, addr, err)
	}
}

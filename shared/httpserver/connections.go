package httpserver

import (
	"cmp"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/fualab/fualab/shared/log"
)

// Connections bounds the open connections of a server. One beyond a bound is
// closed at once, so that the others are served.
type Connections struct {
	All  int // 0: MaxConnections
	Each int // from one address that is not Trusted; 0: MaxConnectionsEach
	// Trusted are the networks of proxies, which bring the connections of many.
	Trusted []netip.Prefix
}

// The bounds of a server that names no others. An idle connection takes about
// 20 kB.
const (
	MaxConnections     = 4096
	MaxConnectionsEach = 3072
)

// connections counts the open connections.
type connections struct {
	bounds Connections
	logger *slog.Logger
	noted  func(log.Event)

	mu     sync.Mutex
	all    int
	each   map[netip.Addr]int
	warned time.Time // when the log last told of a closed connection
}

func newConnections(bounds Connections, logger *slog.Logger, noted func(log.Event)) *connections {
	bounds.All, bounds.Each = cmp.Or(bounds.All, MaxConnections), cmp.Or(bounds.Each, MaxConnectionsEach)
	return &connections{bounds: bounds, logger: logger, noted: noted, each: map[netip.Addr]int{}}
}

// open returns how many connections there are.
func (c *connections) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// note is told of each change of a connection's state. It counts a connection
// that it closes like the others, until the server has noticed.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	change := 0
	switch state {
	case http.StateNew:
		change = 1
	case http.StateClosed, http.StateHijacked:
		change = -1
	default:
		return
	}
	from := addressOf(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all += change
	if c.each[from] += change; c.each[from] == 0 {
		delete(c.each, from)
	}
	if change > 0 && (c.all > c.bounds.All || c.each[from] > c.bounds.Each && !c.trusts(from)) {
		_ = conn.Close()
		c.noted(log.LimitReached)
		c.warn(from)
	}
}

func (c *connections) trusts(from netip.Addr) bool {
	return slices.ContainsFunc(c.bounds.Trusted, func(network netip.Prefix) bool { return network.Contains(from) })
}

// warn tells the log once a minute.
func (c *connections) warn(from netip.Addr) {
	now := time.Now()
	if now.Sub(c.warned) < time.Minute {
		return
	}
	c.warned = now
	c.logger.Warn("a connection beyond the limit was closed", "event", log.LimitReached, "limit", "connections", "address", from.String(), "open", c.all)
}

func addressOf(conn net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // a test's
	}
	return at.Addr().Unmap()
}

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

// Connections limits the open connections of a server. The server closes a
// connection beyond a limit at once, to serve the others.
type Connections struct {
	All  int // 0: MaxConnections
	Each int // from one address outside Trusted; 0: MaxConnectionsEach
	// Trusted are the networks of proxies. A proxy brings the connections of
	// many clients.
	Trusted []netip.Prefix
}

// The default limits. An idle connection takes about 20 kB.
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
	warned time.Time // time of the last warning
}

func newConnections(bounds Connections, logger *slog.Logger, noted func(log.Event)) *connections {
	bounds.All, bounds.Each = cmp.Or(bounds.All, MaxConnections), cmp.Or(bounds.Each, MaxConnectionsEach)
	return &connections{bounds: bounds, logger: logger, noted: noted, each: map[netip.Addr]int{}}
}

// open returns the number of open connections.
func (c *connections) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// note receives each change of a connection's state. It counts a connection
// that it closes until the server has noticed the close.
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

// warn logs at most once a minute.
func (c *connections) warn(from netip.Addr) {
	now := time.Now()
	if now.Sub(c.warned) < time.Minute {
		return
	}
	c.warned = now
	c.logger.Warn("closed a connection beyond the limit", "event", log.LimitReached, "limit", "connections", "address", from.String(), "open", c.all)
}

func addressOf(conn net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // a test has no TCP address
	}
	return at.Addr().Unmap()
}

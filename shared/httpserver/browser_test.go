package httpserver

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"

	"github.com/fualab/fualab/shared/log"
)

// TestPagesOfOtherOriginsChangeNothing sends the requests of browsers for a
// page of another origin, and under a foreign host name.
func TestPagesOfOtherOriginsChangeNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, host string
		headers            map[string]string
		browsers           Browsers
		want               int
	}{
		{name: "a program", method: "POST", host: "localhost:8000", want: 200},
		{name: "a page of this origin", method: "POST", host: "localhost:8000", headers: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"}, want: 200},
		{name: "a page of another origin", method: "POST", host: "localhost:8000", headers: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, want: 403},
		{name: "its DELETE", method: "DELETE", host: "localhost:8000", headers: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, want: 403},
		{name: "a page of another port", method: "POST", host: "localhost:8000", headers: map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}, want: 403},
		{name: "an old browser", method: "POST", host: "localhost:8000", headers: map[string]string{"Origin": "https://evil.example"}, want: 403},
		{name: "a page without an origin", method: "POST", host: "localhost:8000", headers: map[string]string{"Origin": "null"}, want: 403},
		{name: "a page that may", method: "POST", host: "localhost:8000", headers: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.com"}, browsers: Browsers{Origins: []string{"https://app.example.com"}}, want: 200},
		{name: "a link from elsewhere", method: "GET", host: "localhost:8000", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: 200},
		{name: "an address", method: "GET", host: "192.0.2.7", want: 200},
		{name: "an address of IPv6", method: "GET", host: "[::1]:8000", want: 200},
		{name: "a container's name", method: "GET", host: "api:8000", want: 200},
		{name: "a name below localhost", method: "GET", host: "shop.localhost:8080", want: 200},
		{name: "a name that leads here", method: "GET", host: "attacker.example", want: 421},
		{name: "the same in capitals, with a port", method: "GET", host: "Attacker.Example.:8000", want: 421},
		{name: "a name like an address", method: "GET", host: "127.0.0.1.attacker.example", want: 421},
		{name: "a name in the settings", method: "GET", host: "App.Example.com:443", browsers: Browsers{Hosts: []string{"app.example.com"}}, want: 200},
		{name: "another than those", method: "GET", host: "www.app.example.com", browsers: Browsers{Hosts: []string{"app.example.com"}}, want: 421},
		{name: "any, with a token", method: "GET", host: "attacker.example", browsers: Browsers{AnyHost: true}, want: 200},
	} {
		var noted []log.Event
		h := test.browsers.protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), slog.New(slog.DiscardHandler), func(e log.Event) { noted = append(noted, e) })
		r := httptest.NewRequestWithContext(t.Context(), test.method, "/", http.NoBody)
		r.Host = test.host
		for name, value := range test.headers {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: %d %s, want %d", test.name, w.Code, w.Body, test.want)
		}
		if refused := test.want != http.StatusOK; refused != slices.Contains(noted, log.CrossOriginRefused) {
			t.Errorf("%s: noted %v", test.name, noted)
		}
	}
}

// peer is a connection from an address.
type peer struct {
	net.Conn
	from   string
	closed bool
}

func (p *peer) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(p.from)) }

func (p *peer) Close() error {
	p.closed = true
	return nil
}

func TestConnectionsBeyondTheBoundsAreClosed(t *testing.T) {
	t.Parallel()
	noted := 0
	c := newConnections(Connections{All: 4, Each: 2, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, slog.New(slog.DiscardHandler),
		func(e log.Event) {
			if e == log.LimitReached {
				noted++
			}
		})
	open := func(from string) *peer {
		p := &peer{from: from}
		c.note(p, http.StateNew)
		return p
	}
	end := func(p *peer) { c.note(p, http.StateClosed) }

	first, second := open("192.0.2.1:1"), open("192.0.2.1:2")
	if first.closed || second.closed {
		t.Error("the first two of an address are closed")
	}
	third := open("192.0.2.1:3")
	if !third.closed {
		t.Error("a third of two stays")
	}
	end(third)
	end(first)
	if again := open("192.0.2.1:4"); again.closed {
		t.Error("a place that is free again is refused")
	}
	if a, b := open("10.1.1.1:1"), open("10.1.1.1:2"); a.closed || b.closed {
		t.Error("a proxy's connections count as one client's")
	}
	fifth := open("192.0.2.9:1")
	if !fifth.closed {
		t.Error("a fifth of four stays")
	}
	end(fifth)
	if got := c.open(); got != 4 {
		t.Errorf("%d are counted, want 4", got)
	}
	if noted != 2 {
		t.Errorf("%d events were noted for two closed connections", noted)
	}
}

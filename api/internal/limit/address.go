package limit

import (
	"net/netip"
	"slices"
	"strings"
)

// Client returns the address of a request's client. It is the peer, unless the
// peer is a trusted proxy. Each proxy appends the address of its own peer to
// X-Forwarded-For, so the client is the rightmost address that is not trusted.
// Any client can forge the addresses to the left of it. Client returns the zero
// Addr for a peer without an address.
func Client(peer string, forwarded []string, trusted []netip.Prefix) netip.Addr {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Addr{}
	}
	client := at.Addr().Unmap()
	if len(forwarded) == 0 || !contains(trusted, client) {
		return client
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return client // no trusted proxy has written it
		}
		if client = addr.Unmap(); !contains(trusted, client) {
			return client
		}
	}
	return client
}

// Trusted reports whether peer, an address with a port, is one of networks.
func Trusted(peer string, networks []netip.Prefix) bool {
	at, err := netip.ParseAddrPort(peer)
	return err == nil && contains(networks, at.Addr().Unmap())
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Key is the key under which an address is counted. IPv6 counts by the network
// of 64 bits, because one client may have all its addresses.
func Key(addr netip.Addr) string {
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}

package limit

import (
	"net/netip"
	"slices"
	"strings"
)

// Client returns the address of whoever sends a request: the peer, or what the
// trusted proxies before it tell in X-Forwarded-For, of which each appends
// whom it has seen. The rightmost that is not trusted is the client; what
// stands left of it anybody may have written. It returns the zero Addr for a
// peer that has no address.
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
			return client // nobody to trust has written it
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

// Key is what an address is counted by: IPv6 by its network of 64 bits, all
// of which one client may have.
func Key(addr netip.Addr) string {
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}

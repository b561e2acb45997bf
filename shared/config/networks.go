package config

import (
	"net/netip"
	"strings"
)

// Networks is a list of networks, each of which may be a single address.
type Networks []netip.Prefix

// UnmarshalText reads networks in CIDR notation, and addresses, with commas
// between them.
func (n *Networks) UnmarshalText(text []byte) error {
	var all Networks
	for part := range strings.SplitSeq(string(text), ",") {
		network, err := parseNetwork(strings.TrimSpace(part))
		if err != nil {
			return &SyntaxError{"must be networks or addresses with commas between them, such as 10.0.0.0/8,192.168.1.7"}
		}
		all = append(all, network)
	}
	*n = all
	return nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		return network.Masked(), err
	}
	addr, err := netip.ParseAddr(text)
	return netip.PrefixFrom(addr, addr.BitLen()), err
}

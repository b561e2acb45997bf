package config

import (
	"net"
	"strings"
)

// Hosts is a list of host names of this platform, in lower case and without
// ports.
type Hosts []string

// UnmarshalText reads names with commas between them. It accepts no wildcards.
func (h *Hosts) UnmarshalText(text []byte) error {
	var all Hosts
	for part := range strings.SplitSeq(string(text), ",") {
		name := strings.ToLower(strings.TrimSpace(part))
		if name == "" || strings.ContainsAny(name, "*:/ ") || net.ParseIP(name) != nil {
			return &SyntaxError{"must be names with commas between them, such as app.example.com,api.example.com: no scheme, no port, no *"}
		}
		all = append(all, name)
	}
	*h = all
	return nil
}

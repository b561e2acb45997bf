package config

import (
	"net/url"
	"strings"
)

// Origins is a list of origins of web pages: scheme, host and optionally a
// port.
type Origins []string

// UnmarshalText reads origins with commas between them. It accepts no
// wildcards.
func (o *Origins) UnmarshalText(text []byte) error {
	var all Origins
	for part := range strings.SplitSeq(string(text), ",") {
		origin := strings.TrimSpace(part)
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Contains(u.Host, "*") ||
			strings.ToLower(u.Scheme+"://"+u.Host) != origin {
			return &SyntaxError{"must be origins with commas between them, such as https://app.example.com,http://localhost:3000: no path, no *"}
		}
		all = append(all, origin)
	}
	*o = all
	return nil
}

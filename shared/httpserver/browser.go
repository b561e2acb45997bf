package httpserver

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/fualab/fualab/shared/log"
)

// Browsers lists the pages from which a server accepts requests. The zero value
// protects a listener without tokens. Pages of other origins cannot change
// anything, and requests under a foreign host name are refused.
type Browsers struct {
	// Origins are the other origins that may send changing requests, such as
	// https://app.example.com.
	Origins []string
	// Hosts are additional host names of the server. Addresses and names
	// without a dot are always accepted, because no foreign domain can use them
	// (DNS rebinding).
	Hosts []string
	// AnyHost accepts every host name. It is for a server with tokens, because
	// a page of another origin has no token.
	AnyHost bool
	// Refuse answers a refused request with 403 or 421 and the reason. nil
	// answers in plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, reason string)
}

// The reasons of a refusal, each with its cure.
const (
	crossOrigin = "A page of another origin may not send this request. Send it from a page of this server, or add the origin to FUALAB_CORS_ORIGINS."
	wrongHost   = "This server does not accept this host name. Use its address, or add the name to FUALAB_HOSTS."
)

// protect wraps next with the checks of b. It reports each refusal to the log
// and to noted.
func (b Browsers) protect(next http.Handler, logger *slog.Logger, noted func(log.Event)) http.Handler {
	answer := b.Refuse
	if answer == nil {
		answer = func(w http.ResponseWriter, _ *http.Request, status int, reason string) { http.Error(w, reason, status) }
	}
	refuse := func(w http.ResponseWriter, r *http.Request, status int, reason string) {
		noted(log.CrossOriginRefused)
		logger.WarnContext(r.Context(), "request refused", "event", log.CrossOriginRefused, "status", status, "method", r.Method, "address", r.RemoteAddr)
		answer(w, r, status, reason)
	}
	origins := http.NewCrossOriginProtection()
	for _, origin := range b.Origins {
		_ = origins.AddTrustedOrigin(origin) // the settings have checked them
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !b.AnyHost && !b.here(r.Host):
			refuse(w, r, http.StatusMisdirectedRequest, wrongHost)
		case origins.Check(r) != nil:
			refuse(w, r, http.StatusForbidden, crossOrigin)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// here reports whether host, with or without a port, is a name of this server.
func (b Browsers) here(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") || slices.Contains(b.Hosts, name)
}

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

// Browsers says which pages a server accepts requests from. The zero value
// protects a listener that asks for no password: pages of other origins may
// not change anything, and a name of another domain that leads here reaches
// nothing.
type Browsers struct {
	// Origins of other pages that may send requests which change something,
	// such as https://app.example.com.
	Origins []string
	// Hosts are the further names under which clients may reach the server.
	// Addresses and names without a dot are good anyway: no other domain can
	// have them lead here (DNS rebinding).
	Hosts []string
	// AnyHost accepts every name. It is for a server that asks for a token,
	// which a page of another origin does not have.
	AnyHost bool
	// Refuse answers a refused request, with 403 or 421 and the reason. nil: in
	// plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, reason string)
}

// The reasons of a refusal. Each names the cure.
const (
	crossOrigin = "A page of another origin may not send this. Send it from a page of this server, or add the origin to FUALAB_CORS_ORIGINS."
	wrongHost   = "This server is not reached by that name. Use its address, or add the name to FUALAB_HOSTS."
)

// protect wraps next with the checks of b. The log and noted are told of each
// refusal.
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

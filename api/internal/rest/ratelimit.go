package rest

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/fualab/fualab/api/internal/limit"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/httpserver"
	"github.com/fualab/fualab/shared/log"
)

// limited refuses callers with too many requests with 429. It tells all others
// their remaining requests, in the fields of
// draft-ietf-httpapi-ratelimit-headers. It does not count probes.
func limited(next http.Handler, l *limit.Limiter, trusted []netip.Prefix) http.Handler {
	if l == nil {
		return next
	}
	p := l.Policy()
	refill := p.Per / time.Duration(p.Rate)
	policy := []string{fmt.Sprintf(`"%s";q=%d;w=%d`, p.Name, p.Burst, ceilSeconds(time.Duration(p.Burst)*refill))}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if httpserver.IsProbe(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		key := Caller(r.Context())
		if key == "" {
			key = limit.Key(limit.Client(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), trusted))
		}
		verdict := l.Take(key)
		full := verdict.RetryAfter
		if verdict.Allowed {
			full = time.Duration(p.Burst-verdict.Remaining) * refill
		}
		w.Header()["Ratelimit-Policy"] = policy
		w.Header().Set("RateLimit", `"`+p.Name+`";r=`+strconv.Itoa(verdict.Remaining)+`;t=`+strconv.Itoa(ceilSeconds(full)))
		if !verdict.Allowed {
			log.RequestOf(r.Context()).Event = log.LimitReached
			w.Header().Set("Retry-After", strconv.Itoa(ceilSeconds(verdict.RetryAfter)))
			writeProblem(w, problemOf(r.Context(), errs.New(errs.TooManyRequests, "You have sent too many requests. Wait for the seconds in the header Retry-After.")))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ceilSeconds rounds up, so that a client that waits as long does not come too
// soon.
func ceilSeconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

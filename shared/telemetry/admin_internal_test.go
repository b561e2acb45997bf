package telemetry

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/config"
)

// TestProductionShowsProfilesToThisMachineAlone proves that other machines get
// the metrics only.
func TestProductionShowsProfilesToThisMachineAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  config.Environment
		addr config.Addr
		want int
	}{
		{config.Development, ":9100", http.StatusOK},
		{config.Production, "127.0.0.1:9100", http.StatusOK},
		{config.Production, ":9100", http.StatusNotFound},
		{config.Production, "10.0.0.7:9100", http.StatusNotFound},
	} {
		h := adminHandler(prometheus.NewRegistry(), Profiles(tt.env, tt.addr), slog.New(slog.DiscardHandler))
		for path, want := range map[string]int{"/debug/pprof/": tt.want, "/debug/pprof/cmdline": tt.want, "/metrics": http.StatusOK} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			if w.Code != want {
				t.Errorf("%s at %s, %s: %d, want %d", tt.env, tt.addr, path, w.Code, want)
			}
		}
	}
}

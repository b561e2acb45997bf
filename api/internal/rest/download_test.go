package rest

import "testing"

// TestGzipIsAccepted proves that gzip is used if the client names and does not
// refuse it.
func TestGzipIsAccepted(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip": true, "gzip;q=0.5": true, "gzip; Q=1": true, "gzip;q=0.001, br": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=x": false, "gzip;q=-1": false, "xgzip": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}

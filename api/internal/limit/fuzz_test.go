package limit_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/limit"
)

// FuzzClient proves that a client cannot impersonate another address by its own
// headers.
func FuzzClient(f *testing.F) {
	for _, header := range []string{"", "203.0.113.7", "1.2.3.4, 203.0.113.7,10.0.0.9", "::ffff:10.0.0.1", "fe80::1%eth0", "[::1]:80", "unknown", ",,", "10.0.0.1, 10.0.0.2"} {
		f.Add("10.0.0.1:1234", header)
		f.Add("198.51.100.1:1", header)
	}
	f.Add("@", "203.0.113.7")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, peer, header string) {
		got := limit.Client(peer, []string{header}, trusted)
		alone := limit.Client(peer, nil, trusted)
		if got.IsValid() != alone.IsValid() || limit.Key(got) == "" {
			t.Fatalf("%q with %q: %s, alone %s", peer, header, got, alone)
		}
		if !limit.Trusted(peer, trusted) && got != alone {
			t.Errorf("%q is taken for %s by %q", peer, got, header)
		}
		if got.IsValid() && trusted[0].Contains(got) {
			return // no proxy has sent it
		}
		for _, forged := range []string{"203.0.113.9", "10.0.0.7", "nonsense"} {
			if again := limit.Client(peer, []string{forged + "," + header}, trusted); again != got {
				t.Errorf("%q with %q before %q: %s, without %s", peer, forged, header, again, got)
			}
		}
		if strings.Contains(limit.Key(got), "%") {
			t.Errorf("%s is counted by its zone: %s", got, limit.Key(got))
		}
	})
}

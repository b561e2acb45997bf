package heartbeat

import (
	"regexp"
	"testing"
)

func TestInstance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		host, want string
	}{
		{"web", "web-42-abcdef"},
		{"ip-10-0-1-23.ec2.internal", "ip-10-0-1-23-42-abcdef"},
		{"a-very-long-name-that-goes-beyond-all-that-is-useful", "a-very-long-name-that-goes-beyon-42-abcdef"},
	} {
		if got := instance(tc.host, 42, "ABCDEFGHIJ"); got != tc.want {
			t.Errorf("instance on %s = %s, want %s", tc.host, got, tc.want)
		}
	}
	a, b := Instance(), Instance()
	if form := regexp.MustCompile(`^\S+-\d+-[a-z2-7]{6}$`); a == b || !form.MatchString(a) || len(a) > 48 {
		t.Errorf("two instances: %s and %s", a, b)
	}
}

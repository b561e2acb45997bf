package worker

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	const interval, ttl = "FUALAB_HEARTBEAT_INTERVAL_SECONDS", "FUALAB_HEARTBEAT_TTL_SECONDS"
	for _, tc := range []struct {
		name    string
		environ []string
		faults  []string // the variables with a fault
	}{
		{"defaults", nil, nil},
		{"twice", []string{interval + "=15", ttl + "=30"}, nil},
		{"less than twice", []string{interval + "=15", ttl + "=29.9"}, []string{ttl}},
		{"an interval beyond half of the default", []string{interval + "=23"}, []string{ttl}},
		{"the longest", []string{ttl + "=55"}, nil},
		{"too long to rescue within a minute", []string{ttl + "=56"}, []string{ttl}},
		{"the shortest", []string{interval + "=1", ttl + "=2"}, nil},
		{"less than a tick", []string{interval + "=0.9"}, []string{interval}},
		{"none", []string{interval + "=0", ttl + "=0"}, []string{interval}},
		{"negative", []string{interval + "=-1"}, []string{interval}},
		{"a setting of all services", []string{"FUALAB_DATABASE_MAX_CONNS=-1", interval + "=0"}, []string{"FUALAB_DATABASE_MAX_CONNS", interval}},
		{"a setting of the API", []string{"FUALAB_API_ADDR=:8000"}, nil},
		{"a typo", []string{"FUALAB_WORKER_ADRR=:8001"}, []string{"FUALAB_WORKER_ADRR"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load[Config](append(tc.environ, "FUALAB_DATABASE_URL=sqlite:///x.db"))
			var got []string
			var faulty *config.Error
			if errors.As(err, &faulty) {
				for _, f := range faulty.Faults {
					got = append(got, f.Variable)
				}
			}
			if diff := cmp.Diff(tc.faults, got); diff != "" {
				t.Errorf("variables at fault (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

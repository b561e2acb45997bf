package localconfig_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/config"
)

// settings are the settings on which runner and services must agree.
type settings struct {
	apiAddr, workerAddr, frontendAddr string
	apiDatabase, workerDatabase       string
	apiRedis, workerRedis             string
	apiName, workerName               string
}

func load(t *testing.T, environ ...string) settings {
	t.Helper()
	s, err := localconfig.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	return settings{
		string(s.API.Addr), string(s.Worker.Addr), string(s.Local.FrontendAddr),
		s.API.DatabaseURL.Reveal(), s.Worker.DatabaseURL.Reveal(),
		s.API.RedisURL.Reveal(), s.Worker.RedisURL.Reveal(),
		s.API.ServiceName, s.Worker.ServiceName,
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := settings{
		apiAddr: "127.0.0.1:8000", workerAddr: "127.0.0.1:8001", frontendAddr: "127.0.0.1:8080",
		apiDatabase: "sqlite:///.data/fualab.db", workerDatabase: "sqlite:///.data/fualab.db",
		apiName: "FUALab API", workerName: "FUALab Worker",
	}
	if diff := cmp.Diff(want, load(t, "FUALAB_DATABASE_URL=", "FUALAB_API_ADDR="), cmp.AllowUnexported(settings{})); diff != "" {
		t.Errorf("with nothing set (-want +got):\n%s", diff)
	}
}

func TestSettingsReachTheServices(t *testing.T) {
	t.Parallel()
	got := load(t, "FUALAB_API_ADDR=:1", "FUALAB_WORKER_ADDR=:2", "FUALAB_FRONTEND_ADDR=:3", "FUALAB_DATA_DIR=/srv/data",
		"FUALAB_DATABASE_URL=postgresql://u:p@h/d", "FUALAB_REDIS_URL=redis://h", "FUALAB_SERVICE_NAME=Mine", "FUALAB_AUTH=off")
	want := settings{":1", ":2", ":3", "postgresql://u:p@h/d", "postgresql://u:p@h/d", "redis://h", "redis://h", "Mine", "Mine"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := load(t, "FUALAB_DATA_DIR=/srv/data").apiDatabase; got != "sqlite:////srv/data/fualab.db" {
		t.Errorf("the database in a directory that is set: %s", got)
	}
}

// TestReachableClientRequiresAuth: the client's address leads to the API. The
// API alone would only see that it listens on loopback.
func TestReachableClientRequiresAuth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		environ []string
		want    config.Switch
	}{
		{nil, ""},
		{[]string{"FUALAB_ENV=test"}, ""},
		{[]string{"FUALAB_FRONTEND_ADDR=:8080", "FUALAB_ENV=production"}, config.On},
		{[]string{"FUALAB_FRONTEND_ADDR=:8080", "FUALAB_AUTH=on"}, config.On},
		{[]string{"FUALAB_FRONTEND_ADDR=:8080", "FUALAB_AUTH=off"}, config.Off},
	} {
		s, err := localconfig.Load(tt.environ)
		if err != nil || s.API.Auth != tt.want {
			t.Errorf("%v: %q, %v, want %q", tt.environ, s.API.Auth, err, tt.want)
		}
	}
	for _, environ := range [][]string{{"FUALAB_FRONTEND_ADDR=:8080"}, {"FUALAB_ENV=test", "FUALAB_FRONTEND_ADDR=:8080"}} {
		if _, err := localconfig.Load(environ); err == nil || !strings.Contains(err.Error(), "FUALAB_AUTH: is needed") {
			t.Errorf("%v: %v, want an error about FUALAB_AUTH", environ, err)
		}
	}
}

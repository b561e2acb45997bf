package api

import (
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

const anyDatabase = "FUALAB_DATABASE_URL=sqlite:///x.db"

// TestAuthIsOn where it is not safe without.
func TestAuthIsOn(t *testing.T) {
	t.Parallel()
	const issuer, audience = "FUALAB_OIDC_ISSUER=https://id.example.com", "FUALAB_OIDC_AUDIENCE=api"
	const loopback = "FUALAB_API_ADDR=127.0.0.1:8000"
	for _, tt := range []struct {
		environ []string
		want    bool
	}{
		{nil, false},
		{[]string{loopback}, false},
		{[]string{"FUALAB_ENV=test"}, false},
		{[]string{"FUALAB_API_ADDR=:8000", "FUALAB_AUTH=off"}, false},
		{[]string{"FUALAB_ENV=test", loopback, "FUALAB_AUTH=on"}, true},
		{[]string{"FUALAB_ENV=test", "FUALAB_AUTH=off"}, false},
		{[]string{"FUALAB_ENV=production"}, true},
		{[]string{"FUALAB_ENV=production", loopback}, true},
		{[]string{"FUALAB_AUTH=on"}, true},
		{[]string{issuer, audience}, true},
	} {
		cfg, err := config.Load[Config](append(tt.environ, anyDatabase))
		if err != nil {
			t.Errorf("%v: %v", tt.environ, err)
		}
		if got := cfg.authOn(); got != tt.want {
			t.Errorf("%v: on is %t, want %t", tt.environ, got, tt.want)
		}
	}
}

// TestAuthAsksTheListener, which may be another than the address says.
func TestAuthAsksTheListener(t *testing.T) {
	t.Parallel()
	cfg := Config{Common: config.Common{Env: config.Test}, Addr: ":8000"}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if cfg.Listener = ln; cfg.authOn() || cfg.checkOpen() != nil {
		t.Error("refused, though only this machine reaches the listener")
	}
}

// TestOthersReachAnOpenAPIOnlyIfASettingSaysSo: serving is refused otherwise,
// and the commands that do not listen are not.
func TestOthersReachAnOpenAPIOnlyIfASettingSaysSo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		environ []string
		want    bool // whether it serves
	}{
		{nil, true},
		{[]string{"FUALAB_API_ADDR=:8000"}, false},
		{[]string{"FUALAB_API_ADDR=192.0.2.7:8000", "FUALAB_ENV=test"}, false},
		{[]string{"FUALAB_API_ADDR=[::]:8000"}, false},
		{[]string{"FUALAB_API_ADDR=[::1]:8000"}, true},
		{[]string{"FUALAB_API_ADDR=:8000", "FUALAB_AUTH=off"}, true},
		{[]string{"FUALAB_API_ADDR=:8000", "FUALAB_AUTH=on"}, true},
		{[]string{"FUALAB_API_ADDR=:8000", "FUALAB_ENV=production"}, true},
	} {
		cfg, err := config.Load[Config](append(tt.environ, anyDatabase))
		if err != nil {
			t.Fatalf("%v: %v", tt.environ, err)
		}
		var refused *config.Error
		if err := cfg.checkOpen(); (err == nil) != tt.want || err != nil && !errors.As(err, &refused) {
			t.Errorf("%v: %v", tt.environ, err)
		}
	}
}

// TestRefused lists the settings with which the API does not start, each by its name.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		environ []string
		want    []string
	}{
		"all that production refuses": {
			[]string{"FUALAB_ENV=production", "FUALAB_AUTH=off", "FUALAB_DATABASE_URL=postgres://u:p@db.example.com/d", "FUALAB_REDIS_URL=redis://cache.example.com:6379"},
			[]string{"FUALAB_AUTH", "FUALAB_DATABASE_URL", "FUALAB_REDIS_URL"},
		},
		"no switch":              {[]string{anyDatabase, "FUALAB_AUTH=yes", "FUALAB_DOCS=auth"}, []string{"FUALAB_AUTH", "FUALAB_DOCS"}},
		"an issuer alone":        {[]string{anyDatabase, "FUALAB_OIDC_ISSUER=https://id.example.com"}, []string{"FUALAB_OIDC_AUDIENCE"}},
		"an audience alone":      {[]string{anyDatabase, "FUALAB_OIDC_AUDIENCE=api"}, []string{"FUALAB_OIDC_ISSUER"}},
		"an issuer far away":     {[]string{anyDatabase, "FUALAB_OIDC_AUDIENCE=api", "FUALAB_OIDC_ISSUER=http://id.example.com"}, []string{"FUALAB_OIDC_ISSUER"}},
		"an issuer with a query": {[]string{anyDatabase, "FUALAB_OIDC_AUDIENCE=api", "FUALAB_OIDC_ISSUER=https://id.example.com?x=1"}, []string{"FUALAB_OIDC_ISSUER"}},
		"an issuer, and off":     {[]string{anyDatabase, "FUALAB_OIDC_AUDIENCE=api", "FUALAB_OIDC_ISSUER=https://id.example.com", "FUALAB_AUTH=off"}, []string{"FUALAB_AUTH"}},
		"one near by":            {[]string{anyDatabase, "FUALAB_OIDC_AUDIENCE=api", "FUALAB_OIDC_ISSUER=http://127.0.0.1:5556/dex"}, nil},
	} {
		_, err := config.Load[Config](tt.environ)
		var faults *config.Error
		var got []string
		if errors.As(err, &faults) {
			for _, f := range faults.Faults {
				got = append(got, f.Variable)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
	}
}

package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

// complete is a usable configuration.
var complete = []string{"FUALAB_DATABASE_URL=sqlite:///x.db", "HOME=/nowhere", "PATH"}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load[config.Common](append(complete, "FUALAB_LOG_LEVEL=", "FUALAB_SHUTDOWN_DELAY_SECONDS=0.5"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Env != config.Development || cfg.LogLevel.String() != "INFO" || cfg.HeartbeatTTL.Duration() != 45*time.Second {
		t.Errorf("defaults: %+v", cfg)
	}
	if got := cfg.ShutdownDelay.Duration(); got != 500*time.Millisecond {
		t.Errorf("shutdown delay %s", got)
	}
}

// TestLoadReportsEveryFault makes all kinds of mistakes at once.
func TestLoadReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := config.Load[config.Common]([]string{
		"FUALAB_DATABSE_URL=x", "FUALAB_ENTIRELY_ELSE=1", "FUALAB_TEST_ANYTHING=1",
		"FUALAB_ENV=prod", "FUALAB_LOG_LEVEL=loud", "FUALAB_DATABASE_MAX_CONNS=many",
		"FUALAB_SHUTDOWN_DELAY_SECONDS=-1", "FUALAB_REDIS_URL=http://x", "FUALAB_SLOW_QUERY_MILLISECONDS=-1",
	})
	var faults *config.Error
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want a *config.Error", err)
	}
	got := make(map[string]string)
	for _, f := range faults.Faults {
		got[f.Variable] = f.Message
	}
	want := map[string]string{
		"FUALAB_DATABSE_URL":             "no part of FUALab reads this variable; did you mean FUALAB_DATABASE_URL?",
		"FUALAB_ENTIRELY_ELSE":           "no part of FUALab reads this variable; remove it, or correct its name",
		"FUALAB_ENV":                     "must be development, test or production",
		"FUALAB_LOG_LEVEL":               "must be debug, info, warn or error",
		"FUALAB_DATABASE_MAX_CONNS":      "must be a whole number",
		"FUALAB_DATABASE_URL":            "is required and not set; set it, for example, to postgresql://fualab:change-me@localhost:5432/fualab",
		"FUALAB_SLOW_QUERY_MILLISECONDS": "must not be negative",
		"FUALAB_SHUTDOWN_DELAY_SECONDS":  "must be a number of seconds, such as 15",
		"FUALAB_REDIS_URL":               "must be redis://user:password@host:6379/0, or rediss://… for TLS; leave it empty to run without Redis",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	_, err := config.Load[config.Common](append(complete, "FUALAB_DATABASE_MAX_CONNS=1001", "FUALAB_SLOW_QUERY_MILLISECONDS=-1"))
	for _, variable := range []string{"FUALAB_DATABASE_MAX_CONNS", "FUALAB_SLOW_QUERY_MILLISECONDS"} {
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("error %v does not name %s", err, variable)
		}
	}
}

func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url string
		ok  bool
	}{
		{"postgresql://u:p@h:5432/d", true},
		{"postgres://h/d?sslmode=disable", true},
		{"sqlite:///relative.db", true},
		{"sqlite:////absolute.db", true},
		{"sqlite://host/x.db", false},
		{"sqlite:///", false},
		{"sqlite://", false},
		{"sqlite:", false},
		{"sqlite:x.db", false},
		{"sqlite://user@/x.db", false},
		{"sqlite:////", false},
		{"sqlite:////var/", false},
		{"sqlite:///.", false},
		{"sqlite:///..", false},
		{"sqlite:////tmp", false},
		{"sqlite:////dev/null", false},
		{"sqlite:///:memory:", false},
		{"sqlite:///%3Amemory%3A", false},
		{"sqlite:///x.db?mode=ro", false},
		{"sqlite:///x.db?", false},
		{"sqlite:///x.db#y", false},
		{"sqlite:///x%00.db", false},
		{"sqlite:///a%3Fb%23c.db", true},
		{"sqlite:///dir/:memory:", true},
		{"postgres://h", false},
		{"postgres:///d", false},
		{"mysql://h/d", false},
		{"postgres://u:p#ss@h/d", false},
		{"postgres://u:p%zz@h/d", false},
		{"h/d", false},
	} {
		var u config.DatabaseURL
		err := u.UnmarshalText([]byte(tt.url))
		if (err == nil) != tt.ok {
			t.Errorf("%s: error %v, want ok %t", tt.url, err, tt.ok)
		}
		if err != nil && strings.Contains(tt.url, "@") && strings.Contains(err.Error(), tt.url) {
			t.Errorf("%s: the error repeats it: %v", tt.url, err)
		}
	}
}

// TestSecretsStayIn prints a configuration in each way that a log or an error
// can, and searches the output for passwords.
func TestSecretsStayIn(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-marker"
	cfg, err := config.Load[config.Common]([]string{
		"FUALAB_DATABASE_URL=postgresql://user:" + secret + "@h/d?sslpassword=" + secret,
		"FUALAB_REDIS_URL=rediss://:" + secret + "@h:6379/0",
	})
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(cfg) + fmt.Sprintf("%+v %#v %s %q", cfg, cfg, cfg.DatabaseURL, cfg.RedisURL) + string(asJSON)
	if strings.Contains(all, secret) {
		t.Errorf("a password shows: %s", all)
	}
	if got, want := cfg.DatabaseURL.String(), "postgresql://user:***@h/d?sslpassword=***"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(cfg.DatabaseURL.Reveal(), secret) {
		t.Error("Reveal hides the password")
	}
	_, err = config.Load[config.Common]([]string{"FUALAB_DATABASE_URL=postgres//user:" + secret + "@h/d", "FUALAB_REDIS_URL=redis:/:" + secret + "@h"})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("a malformed URL: %v", err)
	}
}

// TestProduction lists the settings that production refuses, and those that it
// accepts.
func TestProduction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		database, redis string
		refused         []string
	}{
		{"sqlite:////var/lib/fualab.db", "", nil},
		{"postgres://u:p@db/d", "redis://redis:6379/0", nil},
		{"postgres://u:p@localhost/d?sslmode=disable", "redis://127.0.0.1:6379", nil},
		{"postgres://u:p@[::1]:5432/d", "redis://[::1]:6379", nil},
		{"postgres://u:p@db.example.com/d?sslmode=verify-full", "rediss://cache.example.com:6379", nil},
		{"postgres://u:p@10.0.0.1/d?sslmode=require", "rediss://10.0.0.2:6379", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@10.0.0.1/d?sslmode=verify-ca", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@db.example.com/d?sslmode=verify-full&sslmode=disable", "", nil},
		{"postgres://u:p@db.example.com/d?sslmode=disable&sslmode=verify-full", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@localhost/d?host=db.example.com", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@localhost/d?host=%64b.example.com&sslmode=require", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@localhost/d?host=localhost,10.0.0.1&sslmode=prefer", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@localhost/d?host=10.0.0.1&host=localhost", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@db1,db2.example.com/d", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@db.example.com/d?host=db&sslmode=disable", "", nil},
		{"postgres://u:p@localhost/d?host=/var/run/postgresql.d", "", nil},
		{"postgres://u@db/d?password=change-me", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://u:p@db.example.com/d", "redis://cache.example.com:6379", []string{"FUALAB_DATABASE_URL", "FUALAB_REDIS_URL"}},
		{"postgresql://u:p@10.0.0.1/d?sslmode=prefer", "redis://10.0.0.2", []string{"FUALAB_DATABASE_URL", "FUALAB_REDIS_URL"}},
		{"postgres://u:p@db.example.com/d?sslmode=disable", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://fualab:change-me@db/d", "", []string{"FUALAB_DATABASE_URL"}},
		{"postgres://fualab:change-me@db.example.com/d?sslmode=disable", "", []string{"FUALAB_DATABASE_URL"}},
	} {
		environ := []string{"FUALAB_DATABASE_URL=" + tt.database, "FUALAB_REDIS_URL=" + tt.redis}
		_, err := config.Load[config.Common](append(environ, "FUALAB_ENV=production"))
		var got []string
		var faults *config.Error
		if errors.As(err, &faults) {
			for _, f := range faults.Faults {
				got = append(got, f.Variable)
				if !strings.Contains(f.Message, "FUALAB_ENV=production refuses") {
					t.Errorf("%s: %s does not say why", f.Variable, f.Message)
				}
			}
		}
		if diff := cmp.Diff(tt.refused, got); diff != "" {
			t.Errorf("%s and %q: refused (-want +got):\n%s", tt.database, tt.redis, diff)
		}
		if _, err := config.Load[config.Common](environ); err != nil {
			t.Errorf("%s and %q in development: %v", tt.database, tt.redis, err)
		}
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for addr, want := range map[config.Addr]bool{
		"127.0.0.1:8001": true, "[::1]:8001": true, "localhost:0": true,
		":8001": false, "0.0.0.0:8001": false, "10.0.0.1:8001": false, "[::]:8001": false, "example.com:8001": false,
	} {
		if addr.Loopback() != want {
			t.Errorf("%s: %t, want %t", addr, !want, want)
		}
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.1.2.3/8, 192.168.1.7,fd00::/8": "[10.0.0.0/8 192.168.1.7/32 fd00::/8]",
		"::1":                              "[::1/128]",
		"10.0.0.0/33":                      "",
		"proxy":                            "",
		"10.0.0.1,":                        "",
	} {
		var n config.Networks
		err := n.UnmarshalText([]byte(text))
		if (err == nil) != (want != "") || err == nil && fmt.Sprint(n) != want {
			t.Errorf("%q: %v, %v; want %s", text, n, err, want)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"https://app.example.com": true, "https://a.example, http://localhost:3000": true,
		"*": false, "https://*.example.com": false, "https://app.example.com/": false, "app.example.com": false,
		"https://user@app.example.com": false, "ftp://a.example": false, "https://APP.example.com": false, "https://a.example,": false,
	} {
		var o config.Origins
		if err := o.UnmarshalText([]byte(text)); (err == nil) != ok {
			t.Errorf("%q: %v, %v", text, o, err)
		}
	}
}

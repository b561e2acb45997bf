package config_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
)

// FuzzURLs proves that no accepted URL of a database or of Redis prints its
// password.
func FuzzURLs(f *testing.F) {
	for _, text := range []string{
		"postgresql://user:password@host:5432/database", "postgres://u:p%40w@h/d?sslmode=disable&sslpassword=s", "sqlite:///a.db", "sqlite:////a%20b/c.db",
		"redis://:secret@host:6379/0", "rediss://h?master_name=m&sentinel_password=s", "://", "", "postgres://[::1]:1/d", "postgres://u:p@h,i/d",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var database config.DatabaseURL
		var redis config.RedisURL
		for _, u := range []interface {
			UnmarshalText([]byte) error
			String() string
			Reveal() string
		}{&database, &redis} {
			if u.UnmarshalText([]byte(text)) != nil {
				continue
			}
			if u.Reveal() != text {
				t.Errorf("%q became %q", text, u.Reveal())
			}
			p, err := url.Parse(text)
			if err != nil {
				t.Fatalf("%q is taken and is no URL: %v", text, err)
			}
			password, _ := p.User.Password()
			// A password that also stands elsewhere in the URL is no secret;
			// nor is one that does so once a blank is written as %20.
			p.User = nil
			rest := strings.Replace(text, password, "", 1) + "\n" + p.String()
			if len(password) > 3 && !strings.Contains(rest, password) && strings.Contains(fmt.Sprintf("%s %v", u, u), password) {
				t.Errorf("%q prints its password: %s", text, u)
			}
		}
	})
}

// FuzzNumbers proves that seconds and days are decimal numbers within their
// bounds, and that Go's other notations are refused.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"0", "15", "1.5", ".5", "1e3", "0x10", "0x1p4", "1_000", "+1", "-0", "inf", "NaN", "", " 1", "99999999999999999999", "１"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var seconds config.Seconds
		var days config.Days
		asSeconds, asDays := seconds.UnmarshalText([]byte(text)), days.UnmarshalText([]byte(text))
		if asSeconds != nil && asDays != nil {
			return
		}
		if strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 {
			t.Errorf("%q is taken for a number", text)
		}
		if seconds.Duration() < 0 || days.Duration() < 0 {
			t.Errorf("%q is %s, or %s", text, seconds.Duration(), days.Duration())
		}
	})
}

// FuzzLists proves that networks and origins are refused, or keep their
// notation.
func FuzzLists(f *testing.F) {
	for _, text := range []string{"10.0.0.0/8, 192.168.1.7", "::1/128", "fe80::1%eth0", "10.1.2.3/8", "/", ",", "https://app.example.com,http://localhost:3000", "https://*.example.com", "https://h/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var networks config.Networks
		if networks.UnmarshalText([]byte(text)) == nil {
			for _, n := range networks {
				if !n.IsValid() || n != n.Masked() {
					t.Errorf("%q has the network %s", text, n)
				}
			}
		}
		var origins config.Origins
		if origins.UnmarshalText([]byte(text)) == nil {
			for _, o := range origins {
				u, err := url.Parse(o)
				if err != nil || u.Scheme+"://"+u.Host != o {
					t.Errorf("%q has the origin %q", text, o)
				}
			}
		}
	})
}

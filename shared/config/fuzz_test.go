package config_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
)

// FuzzURLs: whatever a database's or Redis' URL is taken to be, its password
// is never printed.
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
			rest := strings.Replace(text, password, "", 1) // what stands elsewhere, too, is no secret
			if len(password) > 3 && !strings.Contains(rest, password) && strings.Contains(fmt.Sprintf("%s %v", u, u), password) {
				t.Errorf("%q prints its password: %s", text, u)
			}
		}
	})
}

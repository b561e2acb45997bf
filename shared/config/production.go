package config

import (
	"net"
	"net/url"
	"strings"
)

// examplePassword is the one in .env.example.
const examplePassword = "change-me"

// unsafe lists what production refuses. SQLite is not among it: one host may
// be all there is.
func (c Common) unsafe() []Fault {
	if c.Env != Production {
		return nil
	}
	var faults []Fault
	database, err := url.Parse(c.DatabaseURL.Reveal())
	if err == nil && strings.HasPrefix(database.Scheme, "postgres") {
		if password, _ := database.User.Password(); password == examplePassword {
			faults = append(faults, Fault{"FUALAB_DATABASE_URL", "holds the example's password, which FUALAB_ENV=production refuses: give the database another one"})
		} else if !near(database.Hostname()) && !encrypted(database.Query().Get("sslmode")) {
			faults = append(faults, Fault{"FUALAB_DATABASE_URL", "sends passwords and data in plain text to another host, or may, which FUALAB_ENV=production refuses: end it with ?sslmode=verify-full, or at least ?sslmode=require"})
		}
	}
	redis, err := url.Parse(c.RedisURL.Reveal())
	if err == nil && redis.Scheme == "redis" && !near(redis.Hostname()) {
		faults = append(faults, Fault{"FUALAB_REDIS_URL", "sends passwords and data in plain text to another host, which FUALAB_ENV=production refuses: begin it with rediss://"})
	}
	return faults
}

// encrypted reports whether Postgres' sslmode insists on TLS; prefer, which
// is the default, and allow do without.
func encrypted(sslmode string) bool {
	switch sslmode {
	case "require", "verify-ca", "verify-full":
		return true
	}
	return false
}

// near reports whether host is this machine or a name that only a private
// network resolves: that of a container beside this one.
func near(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return !strings.Contains(host, ".")
}

// Loopback reports whether only this machine reaches a.
func (a Addr) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

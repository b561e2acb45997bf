package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// examplePassword is the password of .env.example.
const examplePassword = "change-me"

// unsafe lists the settings that production refuses. SQLite is allowed, because
// some deployments have one host only.
func (c Common) unsafe() []Fault {
	if c.Env != Production {
		return nil
	}
	faults := UnsafeDatabase(c.Env, "FUALAB_DATABASE_URL", c.DatabaseURL)
	redis, err := url.Parse(c.RedisURL.Reveal())
	if err == nil && redis.Scheme == "redis" && !near(redis.Hostname()) {
		faults = append(faults, Fault{"FUALAB_REDIS_URL", "sends passwords and data in plain text to another host. FUALAB_ENV=production refuses that: begin the URL with rediss://"})
	}
	return faults
}

// UnsafeDatabase lists the faults for which production refuses the database URL
// of a variable. The faults are the example's password, and another host
// without a check of its certificate. It parses the URL as the driver does,
// query included.
func UnsafeDatabase(env Environment, variable string, u DatabaseURL) []Fault {
	database, err := url.Parse(u.Reveal())
	if env != Production || err != nil || !strings.HasPrefix(database.Scheme, "postgres") {
		return nil
	}
	query := database.Query()
	password, _ := database.User.Password()
	if slices.Contains(append(query["password"], password), examplePassword) {
		return []Fault{{variable, "has the example's password. FUALAB_ENV=production refuses it: give the database another one"}}
	}
	// A value in the query wins; of several, the driver takes the first.
	hosts := strings.Split(database.Host, ",")
	if query.Has("host") {
		hosts = strings.Split(query.Get("host"), ",")
	}
	if slices.ContainsFunc(hosts, func(host string) bool { return !near(hostOf(host)) }) && query.Get("sslmode") != "verify-full" {
		return []Fault{{variable, "sends passwords and data to another host without checking its certificate. FUALAB_ENV=production refuses that: end the URL with ?sslmode=verify-full, and put the certificate of the database's authority into FUALAB_DATABASE_CA"}}
	}
	return nil
}

// hostOf returns a host without its port and brackets.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

// near reports whether host is this machine, a socket's file, or a name that
// only a private network resolves, such as a container's.
func near(host string) bool {
	if strings.HasPrefix(host, "/") {
		return true
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return !strings.Contains(host, ".")
}

// Loopback reports whether a is reachable from this machine only.
func (a Addr) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

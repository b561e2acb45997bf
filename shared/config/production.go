package config

import (
	"net"
	"net/url"
	"slices"
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
	faults := UnsafeDatabase(c.Env, "FUALAB_DATABASE_URL", c.DatabaseURL)
	redis, err := url.Parse(c.RedisURL.Reveal())
	if err == nil && redis.Scheme == "redis" && !near(redis.Hostname()) {
		faults = append(faults, Fault{"FUALAB_REDIS_URL", "sends passwords and data in plain text to another host, which FUALAB_ENV=production refuses: begin it with rediss://"})
	}
	return faults
}

// UnsafeDatabase lists what production refuses of the database that a variable
// names: the example's password, and another host whose certificate the driver
// would not check. What the driver dials is asked, be it in the URL's query.
func UnsafeDatabase(env Environment, variable string, u DatabaseURL) []Fault {
	database, err := url.Parse(u.Reveal())
	if env != Production || err != nil || !strings.HasPrefix(database.Scheme, "postgres") {
		return nil
	}
	query := database.Query()
	password, _ := database.User.Password()
	if slices.Contains(append(query["password"], password), examplePassword) {
		return []Fault{{variable, "holds the example's password, which FUALAB_ENV=production refuses: give the database another one"}}
	}
	// A value of the query wins; of several, the driver takes the first.
	hosts := strings.Split(database.Host, ",")
	if query.Has("host") {
		hosts = strings.Split(query.Get("host"), ",")
	}
	if slices.ContainsFunc(hosts, func(host string) bool { return !near(hostOf(host)) }) && query.Get("sslmode") != "verify-full" {
		return []Fault{{variable, "sends passwords and data to another host without making sure that it is the database, which FUALAB_ENV=production refuses: end it with ?sslmode=verify-full, and give the certificate of the authority that signs for the database in FUALAB_DATABASE_CA"}}
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

// near reports whether host is this machine or a name that only a private
// network resolves: that of a container beside this one, or a socket's file.
func near(host string) bool {
	if strings.HasPrefix(host, "/") {
		return true
	}
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

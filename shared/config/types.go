package config

import (
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// SyntaxError describes the accepted form of a value. It does not repeat the
// value.
type SyntaxError struct{ Expected string }

func (e *SyntaxError) Error() string { return e.Expected }

// Environment is the kind of deployment.
type Environment string

// The environments.
const (
	Development Environment = "development"
	Test        Environment = "test"
	Production  Environment = "production"
)

// UnmarshalText accepts the three environments.
func (e *Environment) UnmarshalText(text []byte) error {
	switch v := Environment(text); v {
	case Development, Test, Production:
		*e = v
		return nil
	}
	return &SyntaxError{"must be development, test or production"}
}

// Switch turns a feature on or off; "" means that it is not set.
type Switch string

// The positions of a switch.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// UnmarshalText accepts on and off.
func (s *Switch) UnmarshalText(text []byte) error {
	switch v := Switch(text); v {
	case On, Off:
		*s = v
		return nil
	}
	return &SyntaxError{"must be on or off"}
}

// IssuerURL names an OpenID provider.
type IssuerURL string

// UnmarshalText accepts an https URL. It accepts an http URL only if its
// traffic does not leave a private network.
func (i *IssuerURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !near(u.Hostname())) {
		return &SyntaxError{"must be the https URL of an OpenID provider, such as https://id.example.com; http only on this machine, or by a name without dots"}
	}
	*i = IssuerURL(text)
	return nil
}

// Seconds is a duration that is written as a number of seconds.
type Seconds time.Duration

// Duration returns s as a time.Duration.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// maxSeconds keeps the product with time.Second far below an overflow.
const maxSeconds = 366 * 24 * 3600

// UnmarshalText accepts a decimal number from 0 to the seconds of a year.
func (s *Seconds) UnmarshalText(text []byte) error {
	f, ok := decimal(text)
	if !ok || f > maxSeconds {
		return &SyntaxError{"must be a number of seconds, such as 15"}
	}
	*s = Seconds(f * float64(time.Second))
	return nil
}

// Days is a duration that is written as a number of days of 24 hours.
type Days time.Duration

// Duration returns d as a time.Duration.
func (d Days) Duration() time.Duration { return time.Duration(d) }

// maxDays is about a century.
const maxDays = 36_500

// UnmarshalText accepts a decimal number from 0 to the days of a century.
func (d *Days) UnmarshalText(text []byte) error {
	f, ok := decimal(text)
	if !ok || f > maxDays {
		return &SyntaxError{"must be a number of days, such as 30"}
	}
	*d = Days(f * 24 * float64(time.Hour))
	return nil
}

// decimal reads digits with an optional point. ParseFloat also accepts 0x_1p4
// and 1e3, which are slips in a file of settings.
func decimal(text []byte) (float64, bool) {
	if strings.Trim(string(text), "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil
}

// Level is a log level.
type Level struct{ slog.Level }

// UnmarshalText accepts debug, info, warn and error.
func (l *Level) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "debug", "info", "warn", "error":
		return l.Level.UnmarshalText(text)
	}
	return &SyntaxError{"must be debug, info, warn or error"}
}

// Addr is the host:port a listener binds; the host may be empty (all
// interfaces) and the port 0 (any free one).
type Addr string

// UnmarshalText accepts host:port with a numeric port.
func (a *Addr) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if n, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || n > 65535 {
		return &SyntaxError{"must be host:port or :port with a port from 0 to 65535, such as :8000"}
	}
	*a = Addr(text)
	return nil
}

// DatabaseURL is the URL of a Postgres or SQLite database. It prints without
// its password; Reveal returns it whole.
type DatabaseURL string

// DatabaseURLExpected describes the accepted forms.
const DatabaseURLExpected = "must be postgresql://user:password@host:5432/database, " +
	"or sqlite:///relative/path.db (three slashes) or sqlite:////absolute/path.db (four)"

// UnmarshalText checks the form, and that a file is not a directory. It opens
// nothing.
func (u *DatabaseURL) UnmarshalText(text []byte) error {
	p, err := url.Parse(string(text))
	if err != nil {
		return &SyntaxError{DatabaseURLExpected + "; a special character in the password is percent-encoded"}
	}
	switch p.Scheme {
	case "postgres", "postgresql":
		if p.Host == "" || len(p.Path) < 2 {
			return &SyntaxError{DatabaseURLExpected}
		}
	case "sqlite":
		if _, err := DatabaseURL(text).SQLitePath(); err != nil {
			return err
		}
	default:
		return &SyntaxError{DatabaseURLExpected}
	}
	*u = DatabaseURL(text)
	return nil
}

// SQLitePath returns the path of a sqlite: URL in SQLAlchemy's form: three
// slashes before a relative path, four before an absolute one. It returns a
// *SyntaxError for a directory, and for a URL with parts that SQLite reads
// differently or not at all.
func (u DatabaseURL) SQLitePath() (string, error) {
	p, err := url.Parse(string(u))
	if err != nil || p.Scheme != "sqlite" || p.Host != "" || p.User != nil || len(p.Path) < 2 {
		return "", &SyntaxError{DatabaseURLExpected}
	}
	path := filepath.FromSlash(p.Path[1:])
	switch base := filepath.Base(path); {
	case strings.Contains(string(u), "?"):
		return "", &SyntaxError{"must name a SQLite file without parameters, because FUALab chooses them: remove the ? and what follows, or write %3F for one in the file's name"}
	case strings.Contains(string(u), "#"):
		return "", &SyntaxError{"must name a SQLite file without a #: write %23 for a # in the file's name"}
	case path == ":memory:":
		return "", &SyntaxError{"must name a SQLite file and not :memory:, because each connection would have its own database: use sqlite:///.data/fualab.db"}
	case strings.HasSuffix(p.Path, "/"), base == ".", base == "..":
		return "", &SyntaxError{"must name a SQLite file and not a directory, such as sqlite:///.data/fualab.db"}
	case strings.ContainsRune(path, 0):
		return "", &SyntaxError{"must name a SQLite file without %00 in its name"}
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", &SyntaxError{"must name a SQLite file, but names a directory or device: add the file's name, such as fualab.db"}
	}
	return path, nil
}

// Reveal returns the URL with its password.
func (u DatabaseURL) Reveal() string { return string(u) }

func (u DatabaseURL) String() string { return redact(string(u)) }

// GoString keeps the password out of %#v.
func (u DatabaseURL) GoString() string { return strconv.Quote(u.String()) }

// MarshalText keeps the password out of JSON and of slog.
func (u DatabaseURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// RedisURL is the URL of a Redis or Valkey server. It prints without its
// password; Reveal returns it whole.
type RedisURL string

// UnmarshalText checks the form only. It opens nothing.
func (u *RedisURL) UnmarshalText(text []byte) error {
	p, err := url.Parse(string(text))
	if err != nil || (p.Scheme != "redis" && p.Scheme != "rediss") || p.Host == "" {
		return &SyntaxError{"must be redis://user:password@host:6379/0, or rediss://… for TLS; leave it empty to run without Redis"}
	}
	*u = RedisURL(text)
	return nil
}

// Reveal returns the URL with its password.
func (u RedisURL) Reveal() string { return string(u) }

func (u RedisURL) String() string { return redact(string(u)) }

// GoString keeps the password out of %#v.
func (u RedisURL) GoString() string { return strconv.Quote(u.String()) }

// MarshalText keeps the password out of JSON and of slog.
func (u RedisURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// redact replaces the password of a URL, and each query parameter that may be a
// password, by ***.
func redact(raw string) string {
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "***"
	}
	var user string
	if u.User != nil {
		user = url.User(u.User.Username()).String()
		if _, has := u.User.Password(); has {
			user += ":***"
		}
		user += "@"
	}
	query := u.Query()
	for key := range query {
		if k := strings.ToLower(key); strings.Contains(k, "password") || strings.Contains(k, "secret") {
			query.Set(key, "***")
		}
	}
	s := u.Scheme + "://" + user + u.Host + u.EscapedPath()
	if len(query) > 0 {
		s += "?" + strings.ReplaceAll(query.Encode(), "%2A%2A%2A", "***")
	}
	return s
}

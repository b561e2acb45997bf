package database

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fualab/fualab/shared/config"
)

// diagnose explains why the database at u did not answer, and how to repair it.
// It repeats no password. It omits the drivers' own text where that may contain
// a password.
func diagnose(u config.DatabaseURL, err error) error {
	p, parseErr := url.Parse(u.Reveal())
	if parseErr != nil {
		return errors.New(config.DatabaseURLExpected)
	}
	where, name, user := p.Host, p.Path[min(1, len(p.Path)):], p.User.Username()
	var pg *pgconn.PgError
	var dns *net.DNSError
	var encoding encodingError
	switch {
	case errors.As(err, &encoding):
		return fmt.Errorf("the database %q at %s has the encoding %s, which cannot store all text: create a database in UTF-8 (createdb -E UTF8 -T template0 NAME), "+
			"and copy the data with pg_dump", name, where, string(encoding))
	case errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000"):
		return fmt.Errorf("the database at %s refused user %q (SQLSTATE %s): correct the user or the password; a special character in it is percent-encoded", where, user, pg.Code)
	case errors.As(err, &pg) && pg.Code == "3D000":
		return fmt.Errorf("the server at %s has no database %q: create it (createdb %s), or correct the name", where, name, name)
	case errors.As(err, &pg) && pg.Code == "53300":
		return fmt.Errorf("the server at %s has no connection left: lower FUALAB_DATABASE_MAX_CONNS, or raise max_connections there", where)
	case errors.As(err, &pg):
		return fmt.Errorf("the database at %s answered SQLSTATE %s: %s", where, pg.Code, pg.Message)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s (connection refused): start Postgres there, or correct host and port", where)
	case errors.As(err, &dns):
		return fmt.Errorf("the host of %s cannot be found: correct its name", where)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s did not answer within 5 s: check host, port and firewall", where)
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return fmt.Errorf("the certificate of the database at %s is signed by an unknown authority: put the authority's certificate into FUALAB_DATABASE_CA, or name its file by sslrootcert in the URL", where)
	case errors.As(err, new(x509.HostnameError)):
		return fmt.Errorf("the certificate of the database at %s is for another name: use the certificate's name in the URL", where)
	case p.Scheme == "sqlite":
		return fmt.Errorf("cannot open %s: %w", name, err)
	default:
		return fmt.Errorf("cannot connect to %s: check host, port and TLS (sslmode=…)", where)
	}
}

package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
)

func savePostgres(ctx context.Context, o Options, part string) error {
	c, err := newClients(o)
	if err != nil {
		return err
	}
	db, err := open(ctx, o)
	if err != nil {
		return err
	}
	var server int
	err = db.NewRaw("SELECT current_setting('server_version_num')::int / 10000").Scan(ctx, &server)
	if err := errors.Join(err, db.Close()); err != nil {
		return database.Error(err, "read the server's version")
	}
	if err := c.atLeast(ctx, server); err != nil {
		return err
	}
	return c.run(c.command(ctx, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=60s", "--file="+part))
}

// restorePostgres replaces the schema public in one transaction.
func restorePostgres(ctx context.Context, o Options, file string, replace bool) error {
	c, err := newClients(o)
	if err != nil {
		return err
	}
	list, err := c.output(c.command(ctx, "pg_restore", "--list", file))
	if err != nil {
		return err
	}
	if !strings.Contains(list, " bun_product_migrations ") {
		return fmt.Errorf("%s is not a backup of FUALab: it has no table bun_product_migrations", file)
	}
	if err := free(ctx, o, replace); err != nil {
		return err
	}
	return c.restore(ctx, file)
}

// free checks that the database exists, and that its replacement loses and
// breaks nothing.
func free(ctx context.Context, o Options, replace bool) (err error) {
	db, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var tables int
	if err := db.NewRaw("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(ctx, &tables); err != nil {
		return database.Error(err, "count the tables")
	}
	if tables > 0 && !replace {
		return fmt.Errorf("the database already has %d tables: back them up, and replace them with --replace", tables)
	}
	var programs []string
	err = db.NewRaw(`SELECT DISTINCT application_name FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE 'fualab-%' AND application_name <> ? ORDER BY 1`, appName).Scan(ctx, &programs)
	if err != nil {
		return database.Error(err, "list the connections")
	}
	if len(programs) > 0 {
		return fmt.Errorf("%s are connected to the database: stop them", strings.Join(programs, ", "))
	}
	return nil
}

// clients are Postgres' programs, for one database.
type clients struct{ environ []string }

// newClients passes the password in the environment, because lists of processes
// do not show it.
func newClients(o Options) (*clients, error) {
	cfg, err := pgx.ParseConfig(o.URL.Reveal())
	if err != nil {
		return nil, errors.New("FUALAB_DATABASE_URL: " + config.DatabaseURLExpected) // the library's message repeats the URL
	}
	u, err := url.Parse(o.URL.Reveal())
	if err != nil {
		return nil, errors.New("FUALAB_DATABASE_URL: " + config.DatabaseURLExpected)
	}
	environ := append(slices.Clone(o.Environ), "PGHOST="+cfg.Host, "PGPORT="+strconv.Itoa(int(cfg.Port)), "PGUSER="+cfg.User,
		"PGPASSWORD="+cfg.Password, "PGDATABASE="+cfg.Database, "PGAPPNAME="+appName, "PGCONNECT_TIMEOUT=10", "PGOPTIONS=")
	for _, key := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey"} {
		if v := u.Query().Get(key); v != "" {
			environ = append(environ, "PG"+strings.ToUpper(key)+"="+v)
		}
	}
	return &clients{environ}, nil
}

func (c *clients) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // one of three programs, without a shell
	cmd.Env = c.environ
	return cmd
}

func (c *clients) run(cmd *exec.Cmd) error {
	_, err := c.output(cmd)
	return err
}

// output names the package of a missing program, and the message of a failed
// one.
func (c *clients) output(cmd *exec.Cmd) (string, error) {
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	return string(out), explain(cmd, err, said.String())
}

func explain(cmd *exec.Cmd, err error, said string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%s is not installed: install Postgres' client programs (Debian: postgresql-client); `go tool task backup` uses the programs in the containers", cmd.Args[0])
	default:
		return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, strings.TrimSpace(said))
	}
}

var versionOf = regexp.MustCompile(`\) (\d+)`)

// atLeast refuses a pg_dump that is older than the server. pg_dump would
// refuse, too, but with a less clear message.
func (c *clients) atLeast(ctx context.Context, server int) error {
	out, err := c.output(c.command(ctx, "pg_dump", "--version"))
	if err != nil {
		return err
	}
	found := versionOf.FindStringSubmatch(out)
	if found == nil {
		return nil // its own error is enough
	}
	if client, _ := strconv.Atoi(found[1]); client < server {
		return &OldClient{client, server}
	}
	return nil
}

// OldClient means that pg_dump is older than the server.
type OldClient struct{ Client, Server int }

func (e *OldClient) Error() string {
	return fmt.Sprintf("pg_dump has version %d, and the server has %d: install the client programs of version %d or newer (Debian: postgresql-client-%d); `go tool task backup` uses the programs in the containers",
		e.Client, e.Server, e.Server, e.Server)
}

// restore makes pg_restore write the statements and psql execute them. psql
// commits only after pg_restore has written all.
func (c *clients) restore(ctx context.Context, file string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	psql := c.command(ctx, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
	var said, reads bytes.Buffer
	psql.Stderr = &said
	in, err := psql.StdinPipe()
	if err != nil {
		return err
	}
	if err := psql.Start(); err != nil {
		return explain(psql, err, "")
	}
	writer := c.command(ctx, "pg_restore", "--file=-", "--no-owner", "--no-privileges", file)
	writer.Stdout, writer.Stderr = in, &reads
	_, err = io.WriteString(in, "BEGIN;\nDROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n")
	if err == nil {
		err = explain(writer, writer.Run(), reads.String())
	}
	if err == nil {
		_, err = io.WriteString(in, "COMMIT;\n")
	}
	_ = in.Close() // without COMMIT that rolls back
	// The message of psql is the cause of pg_restore's failure.
	if ended := psql.Wait(); ended != nil {
		return explain(psql, ended, said.String())
	}
	return err
}

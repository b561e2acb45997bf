//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"
)

// postgres is a Postgres server that can be stopped, killed and hung.
type postgres struct {
	dir, port, password string
	bin                 string // where its programs are
	process             *process
}

// newPostgres makes a server's data directory and starts it. What it says is
// committed is on the disk: a scenario may kill it.
func newPostgres(ctx context.Context, dir string) (*postgres, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	pg := &postgres{dir: filepath.Join(dir, "postgres"), port: port, password: rand.Text(), bin: bin}
	if err := os.MkdirAll(pg.dir, 0o700); err != nil {
		return nil, err
	}
	secret := filepath.Join(pg.dir, "password")
	if err := os.WriteFile(secret, []byte(pg.password), 0o600); err != nil {
		return nil, err
	}
	if err := pg.own(dir); err != nil {
		return nil, err
	}
	initdb, err := pg.run("initdb", "-D", filepath.Join(pg.dir, "data"), "-U", "fualab", "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if err != nil {
		return nil, err
	}
	<-initdb.done
	if !initdb.cmd.ProcessState.Success() {
		return nil, fmt.Errorf("initdb: %s", initdb.out.last(2000))
	}
	return pg, pg.start(ctx)
}

// postgresPrograms finds what Debian keeps out of PATH.
func postgresPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errNeeds
	}
	return filepath.Dir(path), nil
}

// own gives what is in dir to the user postgres where this program is root,
// as whom Postgres does not run.
func (pg *postgres) own(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("as root it needs the user postgres: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	for _, path := range []string{pg.dir, filepath.Join(pg.dir, "password")} {
		if err := os.Chown(path, uid, gid); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o711) //nolint:gosec // the user postgres has to get through it
}

func (pg *postgres) run(program string, args ...string) (*process, error) {
	name := filepath.Join(pg.bin, program)
	if os.Geteuid() == 0 {
		name, args = "setpriv", append([]string{"--reuid=postgres", "--regid=postgres", "--init-groups", name}, args...)
	}
	return start(pg.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}, name, args...)
}

func (pg *postgres) start(ctx context.Context) (err error) {
	pg.process, err = pg.run("postgres", "-D", filepath.Join(pg.dir, "data"), "-p", pg.port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+pg.dir, "-c", "max_connections=200")
	if err != nil {
		return err
	}
	err = until(ctx, 30*time.Second, "Postgres", func() bool {
		return pg.process.ended() || pg.exec(ctx, "SELECT 1") == nil
	})
	if err != nil || pg.process.ended() {
		return errors.Join(err, fmt.Errorf("postgres: %s", pg.process.out.last(2000)))
	}
	return nil
}

func (pg *postgres) url(port, database string) string {
	return fmt.Sprintf("postgresql://fualab:%s@127.0.0.1:%s/%s?sslmode=disable", pg.password, port, database)
}

// exec runs one statement past the proxy.
func (pg *postgres) exec(ctx context.Context, statement string) error {
	_, err := pg.query(ctx, statement)
	return err
}

// query runs one statement past the proxy and returns the last number that it
// answers.
func (pg *postgres) query(ctx context.Context, statement string) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, pg.url(pg.port, "postgres"))
	if err != nil {
		return 0, errors.New("cannot connect to Postgres")
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// redisServer is a Redis server.
type redisServer struct {
	dir, port string
	process   *process
}

func newRedis(ctx context.Context, dir string) (*redisServer, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	r := &redisServer{dir: dir, port: port}
	return r, r.start(ctx)
}

func (r *redisServer) start(ctx context.Context) error {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return errNeeds
	}
	if r.process, err = start(r.dir, nil, path, "--bind", "127.0.0.1", "--port", r.port, "--save", "", "--maxmemory-policy", "noeviction"); err != nil {
		return err
	}
	return until(ctx, 10*time.Second, "Redis", func() bool { return r.do(ctx, "PING") == nil })
}

// do runs one command past the proxy.
func (r *redisServer) do(ctx context.Context, args ...any) error {
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:" + r.port, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: time.Second})
	defer func() { _ = client.Close() }()
	return client.Do(ctx, args...).Err()
}

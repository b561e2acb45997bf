//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"
)

// postgres is a Postgres server that can be stopped, killed and hung.
type postgres struct {
	dir, port, password string
	bin                 string   // the directory of its programs
	env                 []string // of the server
	process             *process
}

// newPostgres creates a server's data directory and starts it. Its commits are on
// the disk, because a scenario may kill it.
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

// postgresPrograms finds the programs that Debian keeps out of PATH.
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

// own gives the files in dir to the user postgres if this program runs as root,
// because Postgres refuses to run as root.
func (pg *postgres) own(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("the user postgres is needed when run as root: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	for _, path := range []string{pg.dir, filepath.Join(pg.dir, "password")} {
		if err := os.Chown(path, uid, gid); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o711) //nolint:gosec // the user postgres must pass through it
}

func (pg *postgres) run(program string, args ...string) (*process, error) {
	args = append(append([]string{"env"}, pg.env...), append([]string{filepath.Join(pg.bin, program)}, args...)...)
	if os.Geteuid() == 0 { // Postgres refuses to run as root
		args = append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"}, args...)
	}
	return start(pg.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}, args[0], args[1:]...)
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

// hang stops every process of the server; the kernel still accepts connections
// and bytes.
func (pg *postgres) hang() error { return pg.signalAll(syscall.SIGSTOP) }

func (pg *postgres) resume() error { return pg.signalAll(syscall.SIGCONT) }

// signalAll signals the server, which then starts no more backends, and its
// backends, each of which leads its own process group.
func (pg *postgres) signalAll(s syscall.Signal) error {
	pg.process.signal(s)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pg.process.cmd.Process.Pid))
	if err != nil {
		return fmt.Errorf("find the processes of Postgres: %w", err)
	}
	for _, field := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(field); err == nil {
			_ = syscall.Kill(pid, s) // the process may just have ended
		}
	}
	return nil
}

func (pg *postgres) url(port, database string) string {
	return fmt.Sprintf("postgresql://fualab:%s@127.0.0.1:%s/%s?sslmode=disable", pg.password, port, database)
}

// exec runs one statement without the proxy.
func (pg *postgres) exec(ctx context.Context, statement string) error {
	_, err := pg.query(ctx, "postgres", statement)
	return err
}

// query runs one statement in a database without the proxy and returns the last
// number of its result.
func (pg *postgres) query(ctx context.Context, database, statement string) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, pg.url(pg.port, database))
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

// hold begins a transaction in a database with a statement whose locks last
// until release.
func (pg *postgres) hold(ctx context.Context, database, statement string) (release func() error, err error) {
	conn, err := pgx.Connect(ctx, pg.url(pg.port, database))
	if err != nil {
		return nil, errors.New("cannot connect to Postgres")
	}
	_, err = conn.Exec(ctx, "BEGIN; "+statement, pgx.QueryExecModeSimpleProtocol)
	return func() error { return conn.Close(context.WithoutCancel(ctx)) }, err
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
	return until(ctx, 10*time.Second, "Redis", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+r.port) //nolint:noctx // on this machine
		if err == nil {
			_ = conn.Close()
		}
		return err == nil && r.do(ctx, "PING") == nil
	})
}

// do runs one command without the proxy.
func (r *redisServer) do(ctx context.Context, args ...any) error {
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:" + r.port, MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second, ReadTimeout: time.Second})
	defer func() { _ = client.Close() }()
	return client.Do(ctx, args...).Err()
}

package worker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testport"
	"github.com/fualab/fualab/shared/testwait"
)

// server is a program of the test that can be stopped and started again.
type server struct {
	t    *testing.T
	addr string
	args []string
	as   *syscall.Credential // nil: the test's own user
	dir  string
	cmd  *exec.Cmd
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = s.command(s.args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	testwait.For(s.t, s.args[0]+" to listen", func() bool {
		conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", s.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// stop ends the server with signal.
func (s *server) stop(signal os.Signal) {
	_ = s.cmd.Process.Signal(signal)
	_ = s.cmd.Wait()
}

func (s *server) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(s.t.Context()), args[0], args[1:]...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

// newServer starts a server in its own directory, and stops it at the end of
// the test.
func newServer(t *testing.T, s *server, start func(port string)) {
	t.Helper()
	s.t, s.addr = t, testport.Reserve(t)
	dir, err := os.MkdirTemp("", "fualab-") // the length of a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	start(port)
	s.start()
	t.Cleanup(func() { s.stop(syscall.SIGKILL) })
}

// program finds name, or skips the test unless servers are required.
func program(t *testing.T, name, dirs string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if found, err := filepath.Glob(filepath.Join(dirs, name)); err == nil && len(found) > 0 {
		return found[len(found)-1]
	}
	if testdb.Required() {
		t.Fatalf("FUALAB_TEST_REQUIRE=1 and no %s: apt-get install postgresql redis-server", name)
	}
	t.Skip("no", name)
	return ""
}

// ownPostgres starts a Postgres that the test may stop. Its database is empty.
func ownPostgres(t *testing.T) (*server, config.DatabaseURL) {
	t.Helper()
	const dirs = "/usr/lib/postgresql/*/bin"
	initdb, postgres := program(t, "initdb", dirs), program(t, "postgres", dirs)
	s := new(server)
	newServer(t, s, func(port string) {
		if os.Geteuid() == 0 { // Postgres refuses to run as root
			s.as = account(t, "postgres")
			if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
				t.Fatal(err)
			}
		}
		data := filepath.Join(s.dir, "data")
		if out, err := s.command(initdb, "-D", data, "-U", "fualab", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
			t.Fatalf("initdb: %v: %s", err, out)
		}
		s.args = []string{postgres, "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + s.dir, "-c", "fsync=off"}
	})
	return s, config.DatabaseURL(fmt.Sprintf("postgresql://fualab@%s/postgres?sslmode=disable", s.addr))
}

// ownRedis starts a Redis that the test may stop.
func ownRedis(t *testing.T) (*server, config.RedisURL) {
	t.Helper()
	path := program(t, "redis-server", "/usr/local/bin")
	s := new(server)
	newServer(t, s, func(port string) {
		s.args = []string{path, "--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", ""}
	})
	return s, config.RedisURL("redis://" + s.addr)
}

func account(t *testing.T, name string) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// outageTime is the length of an outage in a test.
func outageTime() time.Duration {
	if testdb.Required() {
		return time.Minute
	}
	return 5 * time.Second
}

//go:build lab

package gameday_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
)

const repository = "../../.."

// world is a whole platform. Each service of docker-compose.yml is a process that
// docker.sh starts and ends.
type world struct {
	environ []string
	own     *strings.Replacer // replaces the addresses of the pages by its own
}

func newWorld(t *testing.T) *world {
	t.Helper()
	// Not t.TempDir, which only its owner may read: Postgres is another user.
	dir, err := os.MkdirTemp("", "fualab-gameday-")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin")
	api, worker, database, redis := freeAddr(t), freeAddr(t), freeAddr(t), freeAddr(t)
	password := rand.Text()
	settings := strings.Join([]string{
		"PGHOST=127.0.0.1", "PGPORT=" + port(database), "PGPASSWORD=" + password, "REDIS_PORT=" + port(redis),
		"FUALAB_DATABASE_URL='postgresql://fualab:" + password + "@" + database + "/fualab?sslmode=disable'",
		"FUALAB_REDIS_URL=redis://" + redis, "FUALAB_API_ADDR=" + api, "FUALAB_WORKER_ADDR=" + worker,
		// As in production, but with short waiting times.
		"FUALAB_HEARTBEAT_INTERVAL_SECONDS=2", "FUALAB_HEARTBEAT_TTL_SECONDS=6", "",
	}, "\n")
	w := &world{own: strings.NewReplacer("localhost:8000", api, "localhost:8001", worker)}
	w.environ = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, config.Prefix) })
	w.environ = append(w.environ, "GAMEDAY_DIR="+dir, "PATH="+strings.Join([]string{bin, postgresPrograms(t), os.Getenv("PATH")}, ":"),
		"no_proxy=*", "BACKUP="+filepath.Join(dir, "backup"))
	for _, err := range []error{
		os.Chmod(dir, 0o711), os.Mkdir(bin, 0o755), os.Mkdir(filepath.Join(dir, "pg"), 0o700),
		os.WriteFile(filepath.Join(dir, "settings"), []byte(settings), 0o600),
		os.WriteFile(filepath.Join(dir, "pg", "password"), []byte(password), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.must(t, "cp ops/lab/gameday/docker.sh "+bin+"/docker")
	w.must(t, "go build -buildvcs=false -o "+bin+"/ ./api/cmd/fualab-api ./worker/cmd/fualab-worker")
	w.initdb(t, filepath.Join(dir, "pg"))
	t.Cleanup(func() {
		if out, err := w.bash(t, "docker compose kill worker api redis db"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		_ = os.RemoveAll(dir)
	})
	w.must(t, "docker compose start db")
	// The platform's user owns its database only.
	w.must(t, `docker compose exec -T db psql -qX -U admin -d postgres -c "CREATE ROLE fualab LOGIN PASSWORD '`+password+`'" -c 'CREATE DATABASE fualab OWNER fualab'`)
	w.must(t, "docker compose start redis api worker")
	w.await(t, "curl -sf localhost:8000/ready | jq -e '.status == \"ready\"'")
	w.await(t, "curl -sf localhost:8000/api/schedules | jq -e 'length > 3'")
	w.must(t, `curl -sf localhost:8000/api/items -H 'Content-Type: application/json' -d '{"name":"Sample"}'`)
	return w
}

// initdb creates the server's data, as a user that Postgres accepts.
func (w *world) initdb(t *testing.T, dir string) {
	t.Helper()
	as := ""
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal("the user postgres is needed when run as root:", err)
		}
		w.must(t, fmt.Sprintf("chown -R %s:%s %s", u.Uid, u.Gid, dir))
		as = "cd / && setpriv --reuid=postgres --regid=postgres --init-groups "
	}
	w.must(t, as+"initdb -D "+dir+"/data -U admin --pwfile="+dir+"/password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync")
}

// postgresPrograms finds the programs that Debian keeps out of PATH.
func postgresPrograms(t *testing.T) string {
	t.Helper()
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1])
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		t.Fatal("the game day needs Postgres' server programs")
	}
	return filepath.Dir(path)
}

// bash runs commands in the repository, as an operator does.
func (w *world) bash(t *testing.T, commands string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute) // a command may build a program
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", w.own.Replace(commands))
	cmd.Dir, cmd.Env, cmd.WaitDelay = repository, w.environ, time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func (w *world) must(t *testing.T, commands string) {
	t.Helper()
	if out, err := w.bash(t, commands); err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, out)
	}
}

func (w *world) await(t *testing.T, commands string) {
	t.Helper()
	awaited(t, commands, func() (string, bool) {
		out, err := w.bash(t, commands)
		return out, err == nil
	})
}

// awaited polls ask until it returns true.
func awaited(t *testing.T, what string, ask func() (string, bool)) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		out, ok := ask()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within two minutes: %s\n%s", what, out)
		}
	}
}

// freeAddr is an address without a listener.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := httpserver.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func port(addr string) string {
	_, p, _ := net.SplitHostPort(addr)
	if _, err := strconv.Atoi(p); err != nil {
		return ""
	}
	return p
}

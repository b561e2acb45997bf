package worker

import (
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/redis"
	"github.com/fualab/fualab/shared/schema"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// TestPostgresRestarted proves that two workers continue by themselves. They
// lose and double no due time, and do not fill the log.
func TestPostgresRestarted(t *testing.T) {
	t.Parallel()
	server, url := ownPostgres(t)
	f := &fleet{t: t, url: url, db: openPatiently(t, url), log: new(journal)}
	if _, err := f.db.ExecContext(t.Context(), schema.For(f.db)); err != nil {
		t.Fatal(err)
	}
	const size = 2
	for range size {
		f.start()
	}
	f.ready()
	f.firstRun()
	first := time.Now()
	f.nextDue(3)
	server.stop(syscall.SIGQUIT) // like a crash
	testwait.Pass(t, 10*time.Second)
	server.start()
	back := time.Now()
	f.db = openPatiently(t, url)
	testwait.For(t, "the workers to go on", func() bool { return f.caughtUp(back) })
	testwait.For(t, "every run to finish", func() bool { return f.finished("test.all") })
	f.checkAll(time.Since(first))
	f.checkLog(size*40, "database")
}

// openPatiently opens a database that is still starting.
func openPatiently(t *testing.T, url config.DatabaseURL) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Options{URL: url, MaxConns: 4, Wait: testwait.Patience, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestRedisStopped proves that two workers miss nothing while Redis is down for
// a minute. Their heartbeats are back within one interval. The log reports the
// loss, at a limited rate, and the end.
func TestRedisStopped(t *testing.T) {
	t.Parallel()
	server, redisURL := ownRedis(t)
	url := testdb.NewURL(t, "sqlite")
	f := &fleet{t: t, url: url, db: testdb.Open(t, url), log: new(journal), env: []string{"FUALAB_REDIS_URL=" + redisURL.Reveal()}}
	client, err := redis.Open(redisURL, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	beats := func() bool {
		n, _ := client.Do(t.Context(), "EXISTS", "fualab:worker:heartbeat")
		return n == int64(1)
	}
	const size = 2
	for range size {
		f.start()
	}
	f.ready()
	f.firstRun()
	testwait.For(t, "a heartbeat", beats)
	first := time.Now()
	server.stop(syscall.SIGKILL)
	testwait.Pass(t, outageTime())
	server.start()
	begin := time.Now()
	testwait.For(t, "the heartbeat to be back", beats)
	// The interval is a second, and so is the client's wait for a server that
	// was down. The rest is for a slow machine.
	if took := time.Since(begin); took > 6*time.Second {
		t.Errorf("the heartbeat was back after %s", took)
	}
	testwait.For(t, "every run to finish", func() bool { return f.finished("test.all") })
	f.checkAll(time.Since(first))
	// Heartbeat, notifications and events log it once, and again once a minute.
	f.checkLog(size*3*3, "Redis")
	for range f.workers {
		f.kill(0)
	}
}

// checkLog proves that all workers together have written at most so many lines,
// each a warning or worse. Lines about a slow database do not count, unless the
// database was down.
func (f *fleet) checkLog(most int, away string) {
	f.t.Helper()
	lines := slices.DeleteFunc(f.log.lines(""), func(line string) bool {
		return away != "database" && strings.Contains(line, "database") && !strings.Contains(line, away)
	})
	f.t.Logf("%d lines", len(lines))
	if len(lines) > most {
		f.t.Errorf("%d lines are logged, want at most %d:\n%s", len(lines), most, strings.Join(lines, ""))
	}
}

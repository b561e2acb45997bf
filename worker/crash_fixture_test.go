package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/runs"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/task"
)

// crashProcess is a worker with the tasks of the crash tests. It prints its
// address.
func crashProcess() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Load[Config](os.Environ())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	cfg.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.tasks = crashTasks(cfg.DatabaseURL)
	if cfg.Listener, err = listen(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = fmt.Fprintln(os.Stdout, cfg.Listener.Addr())
	if err := Run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// halfMinutes is due eleven times, and then not for twenty seconds.
const halfMinutes = "0-10,30-40 * * * * *"

func crashTasks(url config.DatabaseURL) []task.Task {
	every := func(name, cron string, missed model.MissedPolicy, run func(context.Context) (task.Result, error)) task.Task {
		return task.Task{
			Name: name, Summary: name, Cron: cron, MissedPolicy: missed, OverlapPolicy: model.OverlapAllow, Timeout: 30 * time.Second, Run: run,
			// A kill may hit a run more often than the limit for a run that
			// kills its worker.
			Retry: task.Retry{Attempts: 100, Most: time.Second},
		}
	}
	short := func(context.Context) (task.Result, error) {
		<-time.After(20 * time.Millisecond) // work, in which a kill may come
		return task.Result{RowsAffected: 1}, nil
	}
	return []task.Task{
		every("test.all", "* * * * * *", model.MissedAll, short),
		every("test.once", halfMinutes, model.MissedOnce, short),
		every("test.skip", halfMinutes, model.MissedSkip, short),
		every("test.batch", "0 0 1 1 *", model.MissedSkip, func(ctx context.Context) (task.Result, error) { return raiseInBatches(ctx, url) }),
	}
}

// middle is the number of rows at which a run of test.batch waits.
const middle = 60

// raiseInBatches adds one to each row of test_rows that is still 0, in batches
// of ten. After middle rows it waits for a row in test_go.
func raiseInBatches(ctx context.Context, url config.DatabaseURL) (task.Result, error) {
	db, err := database.Open(ctx, database.Options{URL: url, MaxConns: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return task.Result{}, err
	}
	defer func() { _ = db.Close() }()
	var done task.Result
	for range 1000 {
		res, err := db.ExecContext(ctx, "UPDATE test_rows SET n = n + 1 WHERE id IN (SELECT id FROM test_rows WHERE n = 0 ORDER BY id LIMIT 10)")
		if err != nil {
			return done, database.Error(err, "raise a batch")
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return done, err
		}
		done.RowsAffected += n
		task.Report(ctx, done)
		if done.RowsAffected == middle {
			if err := awaitGo(ctx, db); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// awaitGo returns when test_go has a row.
func awaitGo(ctx context.Context, db *database.DB) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var may bool
		if err := db.NewRaw("SELECT EXISTS (SELECT 1 FROM test_go)").Scan(ctx, &may); err != nil || may {
			return database.Error(err, "ask whether to go on")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

// fleet is a group of worker processes on one database.
type fleet struct {
	t       *testing.T
	url     config.DatabaseURL
	db      *database.DB
	env     []string // additional settings
	workers []*member
	log     *journal // of all workers; nil: none
}

// member is a worker process of a fleet.
type member struct {
	*exec.Cmd
	out  *bufio.Reader
	addr string // its address, after ready has read it
}

func (f *fleet) start() {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(f.t.Context()), self)
	cmd.Env = []string{
		"FUALAB_TEST_PROCESS=worker", "FUALAB_DATABASE_URL=" + f.url.Reveal(), "FUALAB_WORKER_ADDR=127.0.0.1:0",
		"FUALAB_HEARTBEAT_INTERVAL_SECONDS=1", "FUALAB_HEARTBEAT_TTL_SECONDS=3", "FUALAB_WORKER_CONCURRENCY=8",
		"FUALAB_SLOW_QUERY_MILLISECONDS=0",
	}
	cmd.Env = append(cmd.Env, f.env...)
	switch {
	case f.log != nil:
		cmd.Stderr = f.log
	case testing.Verbose():
		cmd.Stderr = os.Stderr
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.workers = append(f.workers, &member{Cmd: cmd, out: bufio.NewReader(out)})
	f.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// ready waits until each worker has completed a turn of its loop. Then it is in
// the fleet and executes runs.
func (f *fleet) ready() {
	f.t.Helper()
	for _, w := range f.workers {
		if w.addr == "" {
			line, err := w.out.ReadString('\n')
			if err != nil {
				f.t.Fatalf("a worker does not tell its address: %v", err)
			}
			w.addr = strings.TrimSpace(line)
		}
		testwait.For(f.t, "a worker's first turn", func() bool {
			_, a, err := get(f.t, "http://"+w.addr+"/ready")
			return err == nil && a.Loop.LastTurn != nil
		})
	}
}

// nextDue waits for n more due runs of test.all.
func (f *fleet) nextDue(n int) {
	f.t.Helper()
	n += len(f.jobs("test.all"))
	testwait.For(f.t, "the next run to be due", func() bool { return len(f.jobs("test.all")) >= n })
}

// kill ends the i-th worker as the kernel does when memory runs out.
func (f *fleet) kill(i int) {
	_ = f.workers[i].Process.Kill()
	_ = f.workers[i].Wait()
	f.workers = append(f.workers[:i], f.workers[i+1:]...)
}

// job is a run for the tests.
type job struct {
	ID      int64
	State   string
	Attempt int
	DueAt   time.Time
	Holder  string
}

// jobs returns the runs of task in the order of their due times.
func (f *fleet) jobs(name string) []job {
	f.t.Helper()
	args, by := "json(args)", "coalesce(json(attempted_by), '[]')"
	if f.db.IsPostgres() {
		args, by = "args::text", "coalesce(to_json(attempted_by)::text, '[]')"
	}
	var rows []struct {
		ID      int64
		State   string
		Attempt int
		Args    string
		By      string
	}
	query := fmt.Sprintf("SELECT id, state, attempt, %s AS args, %s AS by FROM river_job WHERE kind = ? ORDER BY args, id", args, by)
	if err := f.db.NewRaw(query, name).Scan(f.t.Context(), &rows); err != nil {
		f.t.Fatal(err)
	}
	all := make([]job, len(rows))
	for i, r := range rows {
		var a runs.Args
		var holders []string
		if err := json.Unmarshal([]byte(r.Args), &a); err != nil {
			f.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(r.By), &holders); err != nil {
			f.t.Fatal(err)
		}
		all[i] = job{ID: r.ID, State: r.State, Attempt: r.Attempt, DueAt: a.DueAt}
		if len(holders) > 0 {
			all[i].Holder = holders[len(holders)-1]
		}
	}
	return all
}

// firstRun waits for the first due run.
func (f *fleet) firstRun() {
	f.t.Helper()
	testwait.For(f.t, "the first run", func() bool { return len(f.jobs("test.all")) > 0 })
}

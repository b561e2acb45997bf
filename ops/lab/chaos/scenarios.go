//go:build linux

package main

import (
	"context"
	"syscall"
	"time"
)

// scenarios are all scenarios, in the order of the table.
var scenarios = []scenario{
	{name: "API killed", fault: killAPI},
	{name: "Postgres restarted", fault: restartPostgres},
	{name: "Postgres hung", fault: hangPostgres, setup: setup{only: []string{"503"}, must: []string{"503"}}},
	{name: "connections cut in a query", fault: cutOn(cutter{Statement: "insert into"}), setup: setup{only: []string{"503"}}},
	{name: "connections cut in an INSERT's answer", fault: cutOn(cutter{Statement: "insert into", Whole: true}), setup: setup{only: []string{"503"}}},
	{name: "connections cut in COMMIT", fault: cutOn(cutter{Statement: "commit", Whole: true}), setup: setup{only: []string{"503"}}},
	{name: "pool exhausted", fault: exhaustPool, setup: setup{only: []string{"503"}, must: []string{"503"}, env: []string{"FUALAB_DATABASE_MAX_CONNS=2"}}},
	{name: "Redis killed", fault: killRedis, setup: setup{zero: true}},
	{name: "Redis hung", fault: hangRedis, setup: setup{zero: true}},
	{name: "Redis slow", fault: slowRedis, setup: setup{zero: true}},
	{name: "Redis full", fault: fillRedis, setup: setup{zero: true}},
	{name: "disk full, SQLite", fault: fillDisk, setup: setup{sqlite: true, only: []string{"503"}, must: []string{"503"}}},
	{name: "Postgres' clock jumps", fault: jumpClocks, setup: setup{only: []string{"503"}}},
	{name: "a worker's clock jumps", long: true, build: buildJumping, fault: jumpWorkersClock, setup: setup{zero: true}},
	{name: "2000 idle streams, 50 slow readers", fault: openStreams, setup: setup{zero: true, apis: 3, think: 2 * time.Second, growth: 256 << 20}},
	{name: "rolling restart", fault: restartAll, setup: setup{zero: true, apis: 3, workers: 2, env: draining}},
	{name: "migration under the release before", build: buildNext, fault: migrate, setup: setup{zero: true, apis: 3, env: draining}},
}

// draining gives clients the time to see that a process is no longer ready.
var draining = []string{"FUALAB_SHUTDOWN_DELAY_SECONDS=1"}

func killAPI(ctx context.Context, w *world) error {
	return w.repeat(ctx, 3, func() error {
		w.apis[0].process.end(syscall.SIGKILL)
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		w.ledger.faultEnds()
		return w.apis[0].start()
	})
}

// restartPostgres stops Postgres as an upgrade does, and then as a crash does.
func restartPostgres(ctx context.Context, w *world) error {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		w.pg.process.end(s)
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		if err := w.pg.start(ctx); err != nil {
			return err
		}
		w.ledger.faultEnds()
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// beyond is longer than the API's limit for a request.
const beyond = 17 * time.Second

func hangPostgres(ctx context.Context, w *world) error {
	return w.during(ctx, beyond, w.pg.hang, w.pg.resume)
}

func cutOn(c cutter) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		err := w.viaPG.cutOn(ctx, c, w.times(10, 4))
		w.ledger.faultEnds()
		return err
	}
}

// exhaustPool makes every connection of the API wait for a lock.
func exhaustPool(ctx context.Context, w *world) error {
	release, err := w.pg.hold(ctx, w.name, "LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
	if err != nil {
		return err
	}
	return w.during(ctx, beyond, func() error { return nil }, release)
}

func killRedis(ctx context.Context, w *world) error {
	return w.repeat(ctx, 3, func() error {
		w.redis.process.end(syscall.SIGKILL)
		if err := pause(ctx, 3*time.Second); err != nil {
			return err
		}
		w.ledger.faultEnds()
		return w.redis.start(ctx)
	})
}

func hangRedis(ctx context.Context, w *world) error {
	signal := func(s syscall.Signal) func() error {
		return func() error { w.redis.process.signal(s); return nil }
	}
	return w.during(ctx, 5*time.Second, signal(syscall.SIGSTOP), signal(syscall.SIGCONT))
}

func slowRedis(ctx context.Context, w *world) error {
	lay := func() error { return w.viaRed.lay("latency", `{"latency":700,"jitter":300}`, false) }
	return w.during(ctx, 5*time.Second, lay, func() error { w.viaRed.heal(ctx); return nil })
}

func fillRedis(ctx context.Context, w *world) error {
	limit := func(bytes string) func() error {
		return func() error { return w.redis.do(ctx, "CONFIG", "SET", "maxmemory", bytes) }
	}
	return w.during(ctx, 5*time.Second, limit("1"), limit("0"))
}

// restartAll replaces one process after another, as a deployment does.
func restartAll(ctx context.Context, w *world) error {
	for _, s := range append(w.apis[:len(w.apis):len(w.apis)], w.workers...) {
		if err := s.replace(ctx); err != nil {
			return err
		}
	}
	w.ledger.faultEnds()
	return nil
}

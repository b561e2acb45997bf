//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// scenario is a fault and how long it may take until all is well again.
type scenario struct {
	name  string
	setup setup
	// fault does its worst while clients are at work, and ends what it did. It
	// calls faultEnds when it has.
	fault func(ctx context.Context, w *world) error
}

// setup is the platform that a scenario wants; its zero value is one API and
// one worker on Postgres and Redis.
type setup struct {
	apis, workers int
	sqlite        bool
	env           []string
	zero          bool // no request may fail
}

const (
	clientCount = 8
	thinkTime   = 30 * time.Millisecond
	// recovery is how long after a fault's end a write may take to succeed.
	recovery = 2 * time.Second
	// mostGrowth is how much more memory an API may take during a fault.
	mostGrowth = 64 << 20
)

var scenarios = []scenario{
	{name: "API killed", fault: killAPI},
}

func killAPI(ctx context.Context, w *world) error {
	for range w.rounds(3) {
		w.apis[0].process.end(syscall.SIGKILL)
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		w.ledger.faultEnds()
		if err := w.apis[0].start(); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rounds returns n, or 1 in the short form.
func (l *lab) rounds(n int) int {
	if l.brief {
		return 1
	}
	return n
}

// settle waits until a write has succeeded after the fault, and a little
// longer.
func (w *world) settle(ctx context.Context) error {
	if err := until(ctx, 30*time.Second, "a write to succeed after the fault", w.ledger.recovered); err != nil {
		return err
	}
	return pause(ctx, 500*time.Millisecond)
}

// result is what a scenario showed.
type result struct {
	name                   string
	took                   time.Duration
	ledger                 *ledger
	lost, doubled, strange int
	before, peak           int64
	faults                 []string
}

// try runs one scenario.
func (l *lab) try(ctx context.Context, s scenario) result {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	r := result{name: s.name, ledger: newLedger()}
	w := &world{lab: l, ledger: r.ledger}
	err := w.prepare(ctx, s, r.ledger)
	if err == nil {
		err = w.play(ctx, s)
	}
	if err == nil {
		err = w.judge(ctx, s, &r)
	}
	if err != nil {
		r.faults = append(r.faults, err.Error())
	}
	w.stop()
	r.before, r.peak, r.took = w.before, w.peak, time.Since(begin)
	return r
}

// prepare starts the platform on a database of its own.
func (w *world) prepare(ctx context.Context, s scenario, led *ledger) error {
	name := fmt.Sprintf("chaos_%d", time.Now().UnixNano())
	if err := w.pg.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	w.database, w.redisURL, w.env = w.pg.url(w.viaPG.port, name), "redis://127.0.0.1:"+w.viaRed.port, s.setup.env
	if s.setup.sqlite {
		w.database = "sqlite:///" + w.dir + "/" + name + ".db"
	}
	for range max(1, s.setup.apis) {
		if err := w.add(ctx, "api"); err != nil {
			return err
		}
	}
	for range max(1, s.setup.workers) {
		if err := w.add(ctx, "worker"); err != nil {
			return err
		}
	}
	w.clients = newClients(w.next, w.contract, led, len(w.apis) == 1)
	return nil
}

// play has the clients at work before, during and after the fault.
func (w *world) play(ctx context.Context, s scenario) error {
	load, stop := context.WithCancel(ctx)
	done := make(chan struct{}, 2)
	go func() { w.clients.run(load, clientCount, thinkTime); done <- struct{}{} }()
	watch, stopWatch := context.WithCancel(ctx)
	go func() { w.watch(watch); done <- struct{}{} }()
	err := pause(ctx, time.Second)
	for _, s := range w.apis {
		w.before += s.process.memory()
	}
	if err == nil {
		err = s.fault(ctx, w)
	}
	if err == nil {
		err = w.settle(ctx)
	}
	stop()
	<-done
	stopWatch()
	<-done
	return err
}

// judge compares what is there to what has to be.
func (w *world) judge(ctx context.Context, s scenario, r *result) error {
	items, err := w.clients.all(ctx)
	if err != nil {
		return err
	}
	l := r.ledger
	r.lost, r.doubled, r.strange = l.compare(items)
	var faults []error
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	expect(r.lost == 0, "%d acknowledged writes are lost", r.lost)
	expect(r.doubled == 0, "%d items are doubled", r.doubled)
	expect(r.strange == 0, "%d items are not as anybody asked for", r.strange)
	expect(l.nBroken == 0, "%d answers may not be", l.nBroken)
	expect(l.worst <= recovery, "%s until a write succeeded", l.worst)
	expect(w.peak-w.before <= mostGrowth, "memory grew by %d MiB", (w.peak-w.before)>>20)
	expect(!s.setup.zero || len(l.failed) == 0, "requests failed")
	expect(len(items) > 0, "nothing was written")
	r.faults = append(r.faults, slices.Clone(l.broken)...)
	return errors.Join(faults...)
}

//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// scenario is a fault with its setup and limits.
type scenario struct {
	name  string
	long  bool // left out of the short form, unless selected by name
	setup setup
	// build prepares files for the fault in a directory, before the scenario and
	// outside its time. The directory is world.built.
	build func(dir string) error
	// fault injects the fault while clients are working, and ends it. It calls
	// faultEnds after that.
	fault func(ctx context.Context, w *world) error
}

// setup is the platform of a scenario; its zero value is one API and one worker
// on Postgres and Redis.
type setup struct {
	apis, workers int
	sqlite        bool // on its own small file system
	env           []string
	think         time.Duration // between two rounds of a client; 0: thinkTime
	zero          bool          // no request may fail
	only          []string      // the allowed kinds of failures; nil: all
	must          []string      // the kinds of failures that must occur
	growth        int64         // limit for the growth of the API's memory, in bytes; 0: mostGrowth
}

const (
	clientCount = 8
	thinkTime   = 30 * time.Millisecond
	// recovery is the time limit for a successful write after a fault's end.
	recovery = 2 * time.Second
	// mostGrowth is the limit for the growth of an API's memory during a fault.
	mostGrowth = 64 << 20
)

// times returns n, or fewer in the short form.
func (l *lab) times(n, brief int) int {
	if l.brief {
		return brief
	}
	return n
}

// repeat lets f inject and end a fault n times, or once in the short form. It
// calls faultEnds each time.
func (w *world) repeat(ctx context.Context, n int, f func() error) error {
	for range w.times(n, 1) {
		if err := f(); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// during keeps a fault active for d.
func (w *world) during(ctx context.Context, d time.Duration, begin, end func() error) error {
	if err := begin(); err != nil {
		return err
	}
	err := pause(ctx, d)
	w.ledger.faultEnds()
	return errors.Join(err, end())
}

// settle waits until a write has succeeded after the fault, and a little longer.
func (w *world) settle(ctx context.Context) error {
	if err := until(ctx, 30*time.Second, "a write to succeed after the fault", w.ledger.recovered); err != nil {
		return err
	}
	return pause(ctx, 500*time.Millisecond)
}

// result is the outcome of a scenario.
type result struct {
	name                   string
	took                   time.Duration
	ledger                 *ledger
	lost, doubled, strange int
	before, peak           int64
	goroutines             int      // of an API, after the scenario
	notes                  []string // further remarks
	skipped                string   // the reason for a skip; empty: not skipped
	faults                 []string
}

// skipped is the reason why this machine cannot run a scenario.
type skipped string

func (s skipped) Error() string { return string(s) }

// try runs one scenario.
func (l *lab) try(ctx context.Context, s scenario) result {
	r := result{name: s.name, ledger: newLedger()}
	w := &world{lab: l, ledger: r.ledger}
	if s.build != nil {
		var err error
		if w.built, err = os.MkdirTemp(l.dir, "built-*"); err == nil {
			err = s.build(w.built)
		}
		if err != nil {
			r.faults = append(r.faults, err.Error())
			return r
		}
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	err := w.prepare(ctx, s, r.ledger)
	if err == nil {
		err = w.play(ctx, s)
	}
	if err == nil {
		err = w.judge(ctx, s, &r)
	}
	var skip skipped
	switch {
	case errors.As(err, &skip):
		r.skipped = string(skip)
	case err != nil:
		r.faults = append(r.faults, err.Error())
	}
	w.stop()
	r.before, r.peak, r.goroutines, r.notes, r.took = w.before, w.peak, w.left, w.notes, time.Since(begin)
	return r
}

// prepare starts the platform on a separate database.
func (w *world) prepare(ctx context.Context, s scenario, led *ledger) error {
	if err := w.mend(ctx); err != nil {
		return err
	}
	w.name = fmt.Sprintf("chaos_%d", time.Now().UnixNano())
	if err := w.pg.exec(ctx, "CREATE DATABASE "+w.name); err != nil {
		return err
	}
	w.database, w.redisURL, w.env = w.pg.url(w.viaPG.port, w.name), "redis://127.0.0.1:"+w.viaRed.port, s.setup.env
	if s.setup.sqlite {
		disk, err := w.mount()
		if err != nil {
			return err
		}
		w.database = "sqlite:///" + disk + "/fualab.db"
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

// play runs the clients before, during and after the fault.
func (w *world) play(ctx context.Context, s scenario) error {
	load, stop := context.WithCancel(ctx)
	done := make(chan struct{}, 2)
	go func() { w.clients.run(load, clientCount, cmp.Or(s.setup.think, thinkTime)); done <- struct{}{} }()
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

// judge compares the stored data with the ledger.
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
	expect(r.strange == 0, "%d items were never requested in this form", r.strange)
	expect(l.nBroken == 0, "%d responses violate the contract", l.nBroken)
	expect(l.worst <= recovery, "%s until a write succeeded", l.worst)
	expect(w.peak-w.before <= cmp.Or(s.setup.growth, mostGrowth), "memory grew by %d MiB", (w.peak-w.before)>>20)
	expect(!s.setup.zero || len(l.failed) == 0, "requests failed: %s", kinds(l.failed))
	for kind := range l.failed {
		expect(s.setup.only == nil || slices.Contains(s.setup.only, kind), "requests failed: %s", kinds(l.failed))
	}
	for _, kind := range s.setup.must {
		expect(l.failed[kind] > 0, "no request failed by %s, so the fault had no effect", kind)
	}
	expect(len(items) > 0, "nothing was written")
	r.faults = append(r.faults, slices.Clone(l.broken)...)
	return errors.Join(faults...)
}

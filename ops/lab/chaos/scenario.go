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

// scenario is a fault and how long it may take until all is well again.
type scenario struct {
	name  string
	long  bool // not in the short form, unless it is asked for by name
	setup setup
	// build makes in a directory what the fault takes, beforehand and in its own
	// time; the world has it as built.
	build func(dir string) error
	// fault does its worst while clients are at work, and ends what it did. It
	// calls faultEnds when it has.
	fault func(ctx context.Context, w *world) error
}

// setup is the platform that a scenario wants; its zero value is one API and
// one worker on Postgres and Redis.
type setup struct {
	apis, workers int
	sqlite        bool // on a small file system of its own
	env           []string
	think         time.Duration // between two rounds of a client; 0: thinkTime
	zero          bool          // no request may fail
	only          []string      // or only in these ways; nil: in any
	must          []string      // and in these ways some have to
	growth        int64         // how much more memory the API may take, in bytes; 0: mostGrowth
}

const (
	clientCount = 8
	thinkTime   = 30 * time.Millisecond
	// recovery is how long after a fault's end a write may take to succeed.
	recovery = 2 * time.Second
	// mostGrowth is how much more memory an API may take during a fault.
	mostGrowth = 64 << 20
)

// times returns n, or fewer in the short form.
func (l *lab) times(n, brief int) int {
	if l.brief {
		return brief
	}
	return n
}

// repeat has f break and mend something, n times, or once in the short form. It
// calls faultEnds when it has.
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

// during keeps a fault up for d.
func (w *world) during(ctx context.Context, d time.Duration, begin, end func() error) error {
	if err := begin(); err != nil {
		return err
	}
	err := pause(ctx, d)
	w.ledger.faultEnds()
	return errors.Join(err, end())
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
	goroutines             int      // of an API, when all was over
	notes                  []string // what else there is to say
	skipped                string   // why it was not tried; empty: it was
	faults                 []string
}

// skipped says why a scenario cannot be tried on this machine.
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

// prepare starts the platform on a database of its own.
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

// play has the clients at work before, during and after the fault.
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
	expect(w.peak-w.before <= cmp.Or(s.setup.growth, mostGrowth), "memory grew by %d MiB", (w.peak-w.before)>>20)
	expect(!s.setup.zero || len(l.failed) == 0, "requests failed: %s", kinds(l.failed))
	for kind := range l.failed {
		expect(s.setup.only == nil || slices.Contains(s.setup.only, kind), "requests failed: %s", kinds(l.failed))
	}
	for _, kind := range s.setup.must {
		expect(l.failed[kind] > 0, "no request failed by %s, so this tried nothing", kind)
	}
	expect(len(items) > 0, "nothing was written")
	r.faults = append(r.faults, slices.Clone(l.broken)...)
	return errors.Join(faults...)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fualab/fualab/shared/httpserver"
)

// part is one of the services in this process. Its methods are for one
// goroutine.
type part struct {
	name string
	addr string // the address of its /health
	run  func(context.Context) error

	ready  bool
	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned
	err    error         // the result of run, valid once done is closed
}

// start runs the part until stop, even if ctx ends, and waits until it is
// healthy. It returns false if the part or ctx ends before that.
func (p *part) start(ctx context.Context) bool {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel, p.done = cancel, make(chan struct{})
	go func() {
		defer close(p.done)
		p.err = p.run(running)
		if p.err == nil && running.Err() == nil {
			p.err = errors.New("it ended by itself")
		}
	}()
	const pause = 5 * time.Millisecond
	for httpserver.Check(ctx, p.addr, "/health") != nil {
		select {
		case <-ctx.Done():
			return false
		case <-p.done:
			return false
		case <-time.After(pause):
		}
	}
	p.ready = true
	return true
}

// stop ends the part in order and returns its error.
func (p *part) stop() error {
	if p.cancel == nil {
		return nil
	}
	ended := p.ended()
	p.cancel()
	<-p.done
	if p.err == nil || (!p.ready && !ended) {
		return nil // a cancelled start is no failure
	}
	return fmt.Errorf("%s: %w", p.name, p.err)
}

func (p *part) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// awaitEnd waits until ctx or one of three parts ends, and prints the reason.
func awaitEnd(ctx context.Context, stdout io.Writer, a, b, c *part) {
	reason := "; Ctrl-C again quits at once"
	select {
	case <-ctx.Done():
	case <-a.done:
		reason = ": the " + a.name + " has failed"
	case <-b.done:
		reason = ": the " + b.name + " has failed"
	case <-c.done:
		reason = ": the " + c.name + " has failed"
	}
	_, _ = fmt.Fprintf(stdout, "\nstopping%s\n", reason) // a failed write does not delay the stop
}

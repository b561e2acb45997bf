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
	addr string // where it answers /health
	run  func(context.Context) error

	ready  bool
	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned
	err    error         // what it returned, once done is closed
}

// start runs the part until stop, whatever becomes of ctx, and waits until it
// answers. It returns false if the part ends or ctx does before that.
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

// stop ends the part in good order and returns what went wrong with it.
func (p *part) stop() error {
	if p.cancel == nil {
		return nil
	}
	ended := p.ended()
	p.cancel()
	<-p.done
	if p.err == nil || (!p.ready && !ended) {
		return nil // a start that was called off is no failure
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

// awaitEnd waits until ctx ends or one of three parts does, and says so.
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
	_, _ = fmt.Fprintf(stdout, "\nstopping%s\n", reason) // it stops, read or not
}

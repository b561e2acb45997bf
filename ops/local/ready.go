package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// buildLogName has npm's output of the last build, in the data directory.
const buildLogName = "web-client.log"

// clientBuild builds the web client while the platform is already running.
type clientBuild struct {
	site    *site
	sources *os.Root
	environ []string
	dataDir string
	stdout  io.Writer
}

// needed reports whether start must build. If so, the site shows a page that
// says so.
func (c clientBuild) needed() bool {
	if !stale(c.sources.FS()) {
		return false
	}
	c.site.say(&building)
	return true
}

// start builds the client in the background. The returned function cancels the
// build and waits until all its processes have ended.
func (c clientBuild) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// run builds the client, and reports the result to terminal and browser.
func (c clientBuild) run(ctx context.Context) {
	begin := time.Now()
	err := c.build(ctx)
	switch {
	case ctx.Err() != nil: // the platform is stopping
	case err == nil:
		c.site.say(nil)
		c.print("ready in %.0f s", time.Since(begin).Seconds())
	default:
		c.failed(err)
	}
}

func (c clientBuild) build(ctx context.Context) error {
	path, err := findNPM(ctx)
	if err != nil {
		return err
	}
	c.print("building it with npm (about half a minute the first time) …")
	log, err := os.OpenFile(c.logName(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = builder{c.sources, npm{path, c.sources.Name(), c.environ, log}}.build(ctx)
	return errors.Join(err, log.Close())
}

// failed reports why there is no new client, and the cure. The site keeps an
// older client if there is one.
func (c clientBuild) failed(err error) {
	title, reason, cure, output := "The web client could not be built", err.Error(), "correct that and start again", ""
	var missing errNode
	var failure *npmError
	switch {
	case errors.As(err, &missing):
		title, cure = "The web client needs Node to be built", getNode
	case errors.Is(err, context.DeadlineExceeded):
		reason = fmt.Sprintf("it takes longer than %s", buildTimeout)
		cure = fmt.Sprintf("see npm's progress in %s, and start again", c.logName())
	case errors.As(err, &failure):
		cure, output = fmt.Sprintf("correct npm's errors and start again; all of its output is in %s", c.logName()), failure.output
	}
	older := ""
	if isFile(c.sources.FS(), builtPage) {
		older = " (an older build is served)"
		c.site.say(nil)
	} else {
		c.site.say(&notice{Title: title, Text: "The cause: " + reason + ".", Cure: "The cure: " + cure + ".", Output: output})
	}
	c.print("not built%s: %s: %s", older, reason, cure)
	for line := range strings.Lines(output) {
		_, _ = fmt.Fprintf(c.stdout, "    %s\n", strings.TrimRight(line, "\n"))
	}
}

func (c clientBuild) logName() string { return filepath.Join(c.dataDir, buildLogName) }

// print writes a line for the person at the terminal.
func (c clientBuild) print(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stdout, "web client: "+format+"\n", args...) // a failed write does not stop the build
}

//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// diskSize is the size of the file system that SQLite fills.
const diskSize = "24m"

// mount creates a small file system, which needs root.
func (w *world) mount() (string, error) {
	disk := filepath.Join(w.dir, "disk")
	if err := os.MkdirAll(disk, 0o700); err != nil {
		return "", err
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+diskSize); err != nil {
		return "", skipped(fmt.Sprintf("mounting a small file system: %s; this needs root", err))
	}
	w.atEnd = append(w.atEnd, func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk, nil
}

// fillDisk leaves no byte on the database's file system.
func fillDisk(ctx context.Context, w *world) error {
	path := filepath.Join(w.dir, "disk", "filler")
	fill := func() error {
		f, err := os.Create(path) //nolint:gosec // in this program's own directory
		if err != nil {
			return err
		}
		block := make([]byte, 4096)
		for err == nil {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		return f.Close()
	}
	return w.during(ctx, 4*time.Second, fill, func() error { return os.Remove(path) })
}

// jumpClocks moves the clock of Postgres, into which a library can be loaded. The
// platform's own programs are static and call the kernel, and Redis does not
// start with the library.
func jumpClocks(ctx context.Context, w *world) error {
	found, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if len(found) == 0 {
		return skipped("this needs libfaketime: apt-get install libfaketime")
	}
	clock := filepath.Join(w.pg.dir, "clock")
	jump := func(to string) error {
		return os.WriteFile(clock, []byte(to+"\n"), 0o644) //nolint:gosec // Postgres reads it as another user
	}
	if err := jump("+0"); err != nil {
		return err
	}
	env := []string{"LD_PRELOAD=" + found[0], "FAKETIME_TIMESTAMP_FILE=" + clock, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"}
	if err := w.underClock(ctx, env); err != nil {
		return err
	}
	for _, to := range []string{"+2h", "-2h", "+0"} {
		if err := jump(to); err != nil {
			return err
		}
		if err := pause(ctx, 2*time.Second); err != nil {
			return err
		}
	}
	err := w.underClock(ctx, nil)
	w.ledger.faultEnds()
	return err
}

// underClock restarts Postgres in an environment.
func (w *world) underClock(ctx context.Context, env []string) error {
	w.pg.process.end(syscall.SIGINT)
	w.pg.env = env
	return w.pg.start(ctx)
}

const (
	idleStreams = 2000
	slowReaders = 50
)

// openStreams opens streams of events with readers, and some without. An API
// refuses more than a thousand, so three APIs share them.
func openStreams(ctx context.Context, w *world) error {
	ctx, cancel := context.WithCancel(ctx)
	var streams sync.WaitGroup
	defer streams.Wait()
	defer cancel()
	var open, told, lost atomic.Int64
	client := &http.Client{Transport: &http.Transport{}}
	for i := range idleStreams {
		streams.Go(func() {
			if err := follow(ctx, client, w.apis[i%len(w.apis)].url, &open, &told); err != nil && ctx.Err() == nil {
				lost.Add(1)
			}
		})
	}
	for i := range slowReaders {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(w.apis[i%len(w.apis)].url, "http://"))
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if err := errors.Join(err, conn.(*net.TCPConn).SetReadBuffer(4096)); err != nil {
			return err
		}
	}
	if err := until(ctx, 60*time.Second, "all streams to open", func() bool { return open.Load() == idleStreams }); err != nil {
		return fmt.Errorf("%d are open: %w", open.Load(), err)
	}
	told.Store(0)
	w.ledger.faultEnds()
	if err := pause(ctx, time.Duration(w.times(30, 8))*time.Second); err != nil {
		return err
	}
	if lost.Load() > 0 || told.Load() < idleStreams {
		return fmt.Errorf("%d streams ended after %d events in all", lost.Load(), told.Load())
	}
	w.notes = append(w.notes, fmt.Sprintf("%d events", told.Load()))
	return nil
}

// follow reads a stream until ctx ends, and counts the stream and its events.
func follow(ctx context.Context, client *http.Client, url string, open, told *atomic.Int64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/events", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		switch {
		case lines.Text() == "event: hello":
			open.Add(1)
		case strings.HasPrefix(lines.Text(), "event: item"):
			told.Add(1)
		}
	}
	return errors.Join(lines.Err(), io.ErrUnexpectedEOF)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"
)

const (
	// buildTimeout bounds a build, including the installation of packages.
	buildTimeout = 5 * time.Minute
	// workDir is in frontend and ignored by git. It holds the build's own
	// files, on the file system of dist.
	workDir = ".data"
)

// builder builds the web client.
type builder struct {
	sources *os.Root // the directory frontend
	npm     npm
}

// build brings dist up to date. It waits for another process that builds the
// same client. Only its last step changes the served files, all at once.
func (b builder) build(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if err := b.sources.MkdirAll(workDir, 0o750); err != nil {
		return fmt.Errorf("make %s: %w", filepath.Join(b.sources.Name(), workDir), cause(err))
	}
	lock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if !stale(b.sources.FS()) {
		return nil
	}
	// A change during the build makes the next start build again.
	begin := time.Now()
	if uninstalled(b.sources.FS()) {
		if err := b.npm.run(ctx, "ci", "--include=dev"); err != nil {
			return err
		}
	}
	made := path.Join(workDir, "dist")
	if err := b.sources.RemoveAll(made); err != nil {
		return err
	}
	defer func() { _ = b.sources.RemoveAll(made) }()
	if err := b.npm.run(ctx, "run", "build", "--", "--outDir", made, "--emptyOutDir"); err != nil {
		return err
	}
	return b.publish(made, begin)
}

// publish replaces dist by the directory made.
func (b builder) publish(made string, begin time.Time) error {
	page := path.Join(made, indexPage)
	if !isFile(b.sources.FS(), page) {
		return fmt.Errorf("npm run build wrote no %s", page)
	}
	if err := b.sources.Chtimes(page, begin, begin); err != nil {
		return err
	}
	old := path.Join(workDir, "old")
	if err := b.sources.RemoveAll(old); err != nil {
		return err
	}
	if err := b.sources.Rename(dist, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := b.sources.Rename(made, dist); err != nil {
		return err
	}
	return b.sources.RemoveAll(old)
}

// lock waits until no other process builds this client.
func (b builder) lock(ctx context.Context) (*os.File, error) {
	f, err := b.sources.OpenFile(path.Join(workDir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := tryLock(f)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for another FUALab that builds it: %w", ctx.Err()), f.Close())
		case <-again.C:
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/database"
)

const (
	startTime    = 300 * time.Millisecond
	apiMemory    = 30.0 // MB, idle
	workerMemory = 25.0
)

// benchStart measures the time from the API's start to its first response
// without a migration, the memory of idle programs, and the programs' sizes.
func benchStart(ctx context.Context, b *apiBench) error {
	starts, settle := 10, 5*time.Second
	if b.short {
		starts, settle = 2, b.duration
	}
	return b.withAPI(ctx, func(p *platform, api *process) error {
		ready, err := b.starts(ctx, starts, p.database.Reveal())
		if err != nil {
			return err
		}
		b.figures.atMost(milliseconds(startTime), median(ready), "from exec to ready on Postgres, ms, median of %d", starts)
		file := database.SQLiteURL(filepath.Join(b.dir, "start.db")).Reveal()
		if ready, err = b.starts(ctx, starts+1, file); err != nil { // the first one migrates
			return err
		}
		_, _ = fmt.Fprintf(b.out, "On SQLite: %.0f ms.\n", median(ready[1:]))
		return b.idle(ctx, p, api, settle)
	})
}

// starts returns the duration of each start, in milliseconds.
func (b *apiBench) starts(ctx context.Context, n int, url string) ([]float64, error) {
	ready := make([]float64, n)
	for i := range ready {
		api, err := b.startAPI(ctx, url, "")
		if err != nil {
			return nil, err
		}
		ready[i] = milliseconds(api.ready)
		if err := api.stop(); err != nil {
			return nil, err
		}
	}
	return ready, nil
}

// idle measures the memory of an idle API and an idle worker, settle after the
// start, and their sizes.
func (b *apiBench) idle(ctx context.Context, p *platform, api *process, settle time.Duration) error {
	binary, err := buildService(ctx, "worker", b.dir)
	if err != nil {
		return err
	}
	worker, err := startProcess(ctx, "/ready", func(addr string) *exec.Cmd {
		return b.service(binary, "FUALAB_WORKER_ADDR="+addr, "FUALAB_DATABASE_URL="+p.database.Reveal(), "FUALAB_REDIS_URL="+b.redis)
	})
	if err != nil {
		return err
	}
	p.atStop(worker.stop)
	if err := pause(ctx, settle); err != nil {
		return err
	}
	ours, err := api.memory("VmRSS")
	theirs, other := worker.memory("VmRSS")
	if err := errors.Join(err, other); err != nil {
		return err
	}
	b.figures.atMost(apiMemory, ours, "memory of an idle API, MB")
	b.figures.atMost(workerMemory, theirs, "memory of an idle worker, MB")
	for _, one := range []struct{ service, binary string }{{"api", b.binary}, {"worker", binary}} {
		size, err := size(ctx, one.service, one.binary)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(b.out, size)
	}
	_, _ = fmt.Fprintln(b.out)
	return nil
}

// size describes the size of a service's binary, and of its image if Docker has
// one.
func size(ctx context.Context, service, binary string) (string, error) {
	info, err := os.Stat(binary)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s: the binary has %.1f MB", service, float64(info.Size())/1e6)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	image := "fualab/" + service + ":local"
	out, err := exec.CommandContext(ctx, "docker", "image", "inspect", "--format", "{{.Size}}", image).Output() //nolint:gosec // a constant
	if err != nil {
		return text + ".", nil //nolint:nilerr // there is no engine, or no image
	}
	bytes, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return fmt.Sprintf("%s, the existing image %s %.1f MB.", text, image, bytes/1e6), err
}

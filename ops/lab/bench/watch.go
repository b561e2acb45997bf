package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// sample has the resources of a process at one time of a load.
type sample struct {
	at     time.Duration
	values [len(held)]float64
	err    error
}

// held lists the sampled resources, and the growth that is allowed: a share of
// the former value, plus a fixed allowance.
var held = [...]struct {
	name         string
	share, apart float64
}{
	{"memory, MB", 0.10, 8},
	{"threads", 0.10, 2},
	{"open files", 0, 4},
	{"connections", 0, 4},
	{"goroutines", 0.05, 8},
}

// watch samples a process at the given interval until ctx ends.
func watch(ctx context.Context, p *process, admin string, every time.Duration) []sample {
	begin := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var all []sample
	for {
		select {
		case <-ctx.Done():
			return all
		case <-tick.C:
			s := look(ctx, p, admin)
			s.at = time.Since(begin)
			if ctx.Err() == nil {
				all = append(all, s)
			}
		}
	}
}

func look(ctx context.Context, p *process, admin string) (s sample) {
	memory, err := p.memory("VmRSS")
	threads, failed := p.threads()
	files, sockets, unread := p.files()
	count, unanswered := countGoroutines(ctx, admin)
	s.values = [len(held)]float64{memory, threads, float64(files), float64(sockets), count}
	s.err = errors.Join(err, failed, unread, unanswered)
	return s
}

// threads returns the number of the process's kernel threads.
func (p *process) threads() (n float64, err error) {
	status, err := p.proc("status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "Threads:")
	_, err = fmt.Sscan(rest, &n)
	return n, err
}

// countGoroutines reads an admin listener, in the text format of Prometheus.
func countGoroutines(ctx context.Context, admin string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := sender.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	for lines := bufio.NewScanner(io.LimitReader(resp.Body, 16<<20)); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			return strconv.ParseFloat(text, 64)
		}
	}
	return 0, fmt.Errorf("%s/metrics has no go_goroutines", admin)
}

// judgeSoak compares the medians of the second minute, when all caches are full,
// and of the last one. Each value may grow by its share plus its fixed
// allowance.
func judgeSoak(all []sample, d time.Duration, out io.Writer) error {
	var f figures
	_, _ = fmt.Fprint(out, "| | second minute | last minute | most |\n| --- | --- | --- | --- |\n")
	for i, one := range held {
		second, err := between(all, i, time.Minute, 2*time.Minute)
		last, failed := between(all, i, d-time.Minute, d)
		if err := errors.Join(err, failed); err != nil {
			return err
		}
		most := 0.0
		for _, s := range all {
			most = max(most, s.values[i])
		}
		_, _ = fmt.Fprintf(out, "| %s | %.0f | %.0f | %.0f |\n", one.name, second, last, most)
		f.atMost(second*(1+one.share)+one.apart, last, "%s in the last minute", one.name)
	}
	_, _ = fmt.Fprintln(out)
	return f.table(out)
}

// between returns the median of the samples from begin to end.
func between(all []sample, i int, begin, end time.Duration) (float64, error) {
	var values []float64
	for _, s := range all {
		if s.at < begin || s.at > end {
			continue
		}
		if s.err != nil {
			return 0, fmt.Errorf("sample the API after %s: %w", s.at.Round(time.Second), s.err)
		}
		values = append(values, s.values[i])
	}
	if len(values) < 5 {
		return 0, fmt.Errorf("only %d samples from %s to %s: too few to compare", len(values), begin, end)
	}
	return median(values), nil
}

package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	importOfCopy   = 0.5   // least share of the rows a second of \copy
	importMemory   = 150.0 // MB, the limit of each program
	importSlowdown = 2     // of the API's p99
)

// importSizes has the size of the import, and the load of clients during it.
type importSizes struct {
	rows, rounds, rate int
	quiet, limit       time.Duration
}

// imports is a platform of two programs, and the file to import.
type imports struct {
	*platform
	sizes       importSizes
	file        string
	bytes       int64
	api, worker *process
	out         io.Writer
}

// benchImport imports a CSV file and, in turns, lets psql's \copy insert the same
// rows into the same table with its indexes. It also measures the impact of an
// import on the API's clients.
func benchImport(ctx context.Context, server string, args []string, out io.Writer) (err error) {
	var sizes importSizes
	flags := flag.NewFlagSet("bench import", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&sizes.rows, "rows", 1_000_000, "rows of the file")
	flags.IntVar(&sizes.rounds, "rounds", 2, "rounds of each measurement; medians are printed")
	flags.IntVar(&sizes.rate, "rate", 200, "requests a second that clients send")
	flags.DurationVar(&sizes.quiet, "quiet", 20*time.Second, "duration of the clients' load without an import")
	flags.DurationVar(&sizes.limit, "limit", 30*time.Minute, "time limit of the whole run")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if min(sizes.rows, sizes.rounds, sizes.rate) < 1 || sizes.quiet < time.Second {
		return errors.New("sizes must be at least 1, -quiet at least 1s")
	}
	ctx, cancel := context.WithTimeout(ctx, sizes.limit)
	defer cancel()
	dir, err := os.MkdirTemp("", "fualab-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := newPlatform(ctx, server)
	if err != nil {
		return err
	}
	i := &imports{platform: p, sizes: sizes, file: filepath.Join(dir, "items.csv"), out: out}
	return errors.Join(func() error {
		if err := i.start(ctx, dir); err != nil {
			return err
		}
		return i.measure(ctx)
	}(), p.stop())
}

// start starts the released API and worker. The worker has no other work than
// imports.
func (i *imports) start(ctx context.Context, dir string) (err error) {
	b := &apiBench{}
	programs := []struct {
		to                *(*process)
		service, variable string
	}{{&i.api, "api", "FUALAB_API_ADDR="}, {&i.worker, "worker", "FUALAB_WORKER_ADDR="}}
	for _, one := range programs {
		binary, err := buildService(ctx, one.service, dir)
		if err != nil {
			return err
		}
		*one.to, err = startProcess(ctx, "/ready", func(addr string) *exec.Cmd {
			return b.service(binary, one.variable+addr, "FUALAB_DATABASE_URL="+i.database.Reveal())
		})
		if err != nil {
			return err
		}
		i.atStop((*one.to).stop)
	}
	i.url = i.api.url
	if err := i.open(ctx); err != nil {
		return err
	}
	if err := i.exec(ctx, "UPDATE schedules SET paused = true WHERE name <> 'items.import'"); err != nil {
		return err
	}
	i.bytes, err = writeItems(i.file, i.sizes.rows)
	return err
}

// writeItems writes a file of about a hundred bytes per row. Two of its columns
// become attributes.
func writeItems(name string, rows int) (size int64, err error) {
	f, err := os.Create(name) //nolint:gosec // in a directory of this program's own
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	_, _ = w.WriteString("external_id,name,description,place,floor\n") // Flush returns the error
	chance := rand.New(rand.NewPCG(1, 1))                              //nolint:gosec // the same file each time
	for n := range rows {
		_, _ = fmt.Fprintf(w, "crm-%07d,\"Sample %d\",\"Found in hall %d, checked every %d months\",hall %d,%d\n",
			n, digits/9+chance.IntN(digits), n%40, 1+n%6, n%40, n%4)
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (i *imports) measure(ctx context.Context) error {
	_, _ = fmt.Fprintf(i.out, "%d rows, %d MB of CSV; load average %s\n\n| round | import, rows a second | until complete, s | uploaded, validated, imported, s | \\copy, rows a second | ratio |\n| --- | --- | --- | --- | --- | --- |\n",
		i.sizes.rows, i.bytes/1e6, loadAverage())
	var ratios []float64
	for round := range i.sizes.rounds {
		ours, theirs, err := i.both(ctx)
		if err != nil {
			return err
		}
		ratios = append(ratios, theirs.Seconds()/ours.all.Seconds())
		rate := func(took time.Duration) float64 { return float64(i.sizes.rows) / took.Seconds() }
		_, _ = fmt.Fprintf(i.out, "| %d | %.0f | %.1f | %.1f, %.1f, %.1f | %.0f | %.2f |\n", round+1, rate(ours.all), ours.all.Seconds(),
			ours.uploaded.Seconds(), (ours.validated - ours.uploaded).Seconds(), (ours.all - ours.validated).Seconds(), rate(theirs), ratios[round])
	}
	usual, meanwhile, err := i.clients(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(i.out, "\n| %d requests a second | p50, ms | p99, ms |\n| --- | --- | --- |\n", i.sizes.rate)
	for _, one := range []struct {
		name string
		tally
	}{{"usual", usual}, {"while a file is imported", meanwhile}} {
		_, _ = fmt.Fprintf(i.out, "| %s | %.2f | %.2f |\n", one.name, milliseconds(one.percentile(50)), milliseconds(one.percentile(99)))
	}
	_, _ = fmt.Fprintln(i.out)
	var f figures
	f.atLeast(importOfCopy, median(ratios), "rows a second imported, of those by \\copy")
	for _, one := range []struct {
		name string
		*process
	}{{"API", i.api}, {"worker", i.worker}} {
		most, err := one.memory("VmHWM")
		if err != nil {
			return err
		}
		f.atMost(importMemory, most, "most memory of the %s, MB", one.name)
	}
	f.atMost(importSlowdown, float64(meanwhile.percentile(99))/float64(usual.percentile(99)), "the API's p99 while a file is imported, of its usual one")
	return f.table(i.out)
}

// columns are the columns of an item that an import writes.
const columns = "name, description, attributes, status, expires_at, version, enriched_version, search_text, created_at, updated_at, external_id"

// both imports the file into an empty table, and then copies the same rows into
// an empty table.
func (i *imports) both(ctx context.Context) (ours taken, theirs time.Duration, err error) {
	if err := i.fill(ctx, 0, filling{}); err != nil {
		return ours, 0, err
	}
	if ours, err = i.take(ctx); err != nil {
		return ours, 0, err
	}
	rows := i.file + ".copy"
	if err := i.psql(ctx, "\\copy items ("+columns+") to '"+rows+"'"); err != nil {
		return ours, 0, err
	}
	if err := i.fill(ctx, 0, filling{}); err != nil {
		return ours, 0, err
	}
	begin := time.Now()
	err = i.psql(ctx, "\\copy items ("+columns+") from '"+rows+"'")
	return ours, time.Since(begin), err
}

// taken has the times at which an import reached its steps, from the first byte of the upload on.
type taken struct{ uploaded, validated, all time.Duration }

// take imports the file.
func (i *imports) take(ctx context.Context) (t taken, err error) {
	f, err := os.Open(i.file)
	if err != nil {
		return t, err
	}
	defer func() { _ = f.Close() }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+"/api/imports?format=csv", f)
	if err != nil {
		return t, err
	}
	req.ContentLength = i.bytes
	begin := time.Now()
	resp, err := (&http.Client{Timeout: 10 * time.Minute}).Do(req)
	if err != nil {
		return t, fmt.Errorf("upload the file: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	err = errors.Join(err, resp.Body.Close())
	if resp.StatusCode != http.StatusAccepted || err != nil {
		return t, fmt.Errorf("the response to the upload is %d: %.300s: %w", resp.StatusCode, text, err)
	}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(text, &made); err != nil {
		return t, err
	}
	t.uploaded = time.Since(begin)
	for {
		var now struct {
			State    string
			Inserted int
			Error    string
		}
		err := i.db.NewRaw("SELECT state, inserted, error FROM imports WHERE id = ?", made.ID).Scan(ctx, &now)
		if err != nil {
			return t, err
		}
		switch {
		case now.State == "completed" && now.Inserted == i.sizes.rows:
			t.all = time.Since(begin)
			t.validated = cmp.Or(t.validated, t.all) // the state was too short to be seen
			return t, nil
		case now.State == "importing" && t.validated == 0:
			t.validated = time.Since(begin)
		case now.State != "queued" && now.State != "validating" && now.State != "importing":
			return t, fmt.Errorf("the import is %s with %d rows of %d: %s", now.State, now.Inserted, i.sizes.rows, now.Error)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return t, err
		}
	}
}

// clients sends the same requests to an idle platform, and while the file is
// imported.
func (i *imports) clients(ctx context.Context) (usual, meanwhile tally, err error) {
	if err := i.refill(ctx); err != nil {
		return usual, meanwhile, err
	}
	load := traffic{i.url, mixed(itemsThere)}
	const connections = 32
	if usual, err = load.paced(ctx, connections, i.sizes.quiet, float64(i.sizes.rate)); err != nil {
		return usual, meanwhile, err
	}
	during, stop := context.WithCancel(ctx)
	defer stop()
	imported := make(chan error, 1)
	go func() {
		_, err := i.take(ctx)
		stop()
		imported <- err
	}()
	meanwhile, err = load.drive(during, connections, 0, i.sizes.limit, float64(i.sizes.rate))
	if errors.Is(err, context.Canceled) { // the import has ended
		err = nil
	}
	stop()
	return usual, meanwhile, errors.Join(err, <-imported)
}

// psql runs one command of psql.
func (i *imports) psql(ctx context.Context, command string) error {
	environ, err := libpq(i.platform)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command="+command) //nolint:gosec // this program's own
	cmd.Env = append(os.Environ(), environ...)
	if out, err := cmd.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		return errors.New("psql is needed: apt-get install postgresql-client")
	} else if err != nil {
		return fmt.Errorf("psql: %w\n%s", err, out)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// The goals of the API, relative to pgbench on the same database.
const (
	readOfDatabase  = 0.75
	writeOfDatabase = 0.8
)

// benchDatabase compares the API with its own statements, sent by pgbench.
func benchDatabase(ctx context.Context, b *apiBench) error {
	return b.withAPI(ctx, func(p *platform, api *process) error {
		if err := p.refill(ctx); err != nil {
			return err
		}
		read, err := p.readStatement(ctx, api)
		if err != nil {
			return err
		}
		const get = "GET an item, no-cache"
		ratio, err := b.compare(ctx, fmt.Sprintf("one of %d items", itemsThere),
			b.api(get, api, fresh(getItem(itemsThere))),
			b.pgbench(p, fmt.Sprintf("\\set n random(1, %d)\n%s;\n", itemsThere, read)))
		if err != nil {
			return err
		}
		b.figures.atLeast(readOfDatabase, ratio, "%s, of the same SELECT by pgbench", get)

		write, err := p.writeStatement(ctx, api)
		if err != nil {
			return err
		}
		const create = "POST an item"
		ours := b.api(create, api, postItem)
		theirs := b.pgbench(p, fmt.Sprintf("\\set n random(%d, %d)\n%s;\n", digits/9, digits/9+digits, write))
		ours.prepare, theirs.prepare = p.refill, p.refill // each begins with a table of the same size
		if ratio, err = b.compare(ctx, fmt.Sprintf("a new item, %d there at first", itemsThere), ours, theirs); err != nil {
			return err
		}
		b.figures.atLeast(writeOfDatabase, ratio, "%s, of the same INSERT by pgbench", create)
		return nil
	})
}

// refill resets the table to itemsThere items.
func (p *platform) refill(ctx context.Context) error {
	return p.fill(ctx, itemsThere, filling{enriched: true})
}

// pgbench is the side of a script that the same number of clients run, one
// statement after another.
func (b *apiBench) pgbench(p *platform, script string) side {
	return side{name: "the same statement by pgbench", drive: func(ctx context.Context, d time.Duration) (tally, error) {
		file := filepath.Join(b.dir, "pgbench.sql")
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			return tally{}, err
		}
		seconds := max(1, int(d.Round(time.Second).Seconds()))
		ctx, cancel := context.WithTimeout(ctx, 2*d+time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "pgbench", "--no-vacuum", "--protocol=simple", "--file="+file, //nolint:gosec // this program's own script
			"--client="+strconv.Itoa(b.connections), "--jobs="+strconv.Itoa(min(2, b.connections)), "--time="+strconv.Itoa(seconds))
		environ, err := libpq(p)
		if err != nil {
			return tally{}, err
		}
		cmd.Env = append(os.Environ(), environ...)
		out, err := cmd.CombinedOutput()
		if errors.Is(err, exec.ErrNotFound) {
			return tally{}, errors.New("pgbench is needed: apt-get install postgresql")
		} else if err != nil {
			return tally{}, fmt.Errorf("pgbench: %w\n%s", err, out)
		}
		return pgbenchTally(string(out))
	}}
}

var (
	pgbenchDone   = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
	pgbenchFailed = regexp.MustCompile(`number of failed transactions: (\d+)`)
	pgbenchRate   = regexp.MustCompile(`tps = ([\d.]+)`)
)

// pgbenchTally parses the final output of pgbench.
func pgbenchTally(text string) (tally, error) {
	var done, rate, failed float64
	for expression, value := range map[*regexp.Regexp]*float64{pgbenchDone: &done, pgbenchRate: &rate, pgbenchFailed: &failed} {
		if found := expression.FindStringSubmatch(text); found != nil {
			*value, _ = strconv.ParseFloat(found[1], 64) // the expression leaves only numbers
		}
	}
	if done == 0 || rate == 0 || failed != 0 {
		return tally{}, fmt.Errorf("pgbench processed %.0f transactions, %.0f failed:\n%s", done, failed, text)
	}
	return tally{requests: int64(done), took: time.Duration(done / rate * float64(time.Second))}, nil
}

// libpq returns the connection settings of Postgres' own programs, with the password.
func libpq(p *platform) ([]string, error) {
	cfg, err := pgx.ParseConfig(p.database.Reveal())
	if err != nil {
		return nil, errors.New("FUALAB_TEST_DATABASE_URL is not a valid URL")
	}
	return []string{
		"PGHOST=" + cfg.Host, "PGPORT=" + strconv.Itoa(int(cfg.Port)), "PGDATABASE=" + cfg.Database,
		"PGUSER=" + cfg.User, "PGPASSWORD=" + cfg.Password,
	}, nil
}

package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/fualab/fualab/api/internal/client"
	"github.com/fualab/fualab/shared/program"
)

const importUsage = program.UsageError(`usage: fualab-api import [--url http://localhost:8000] [flags] FILE     (- is standard input)
       fualab-api import [--url …] --resume ID [FILE]
       fualab-api import [--url …] --cancel ID

  --format csv|ndjson      default: by the name of the file, else csv; either may be packed by gzip
  --mode insert|upsert     upsert changes the item that has a row's external_id (default insert)
  --dry-run                only validate
  --max-errors N           how many rows may be rejected (default 0: all rows or none)
  --delimiter comma|semicolon|tab|pipe
  --columns '{"Titel":"name","Notes":""}'   what the headings are for
  --resume ID              go on sending FILE, or, where it is there, wait for the result
  --cancel ID              end an import; what is in stays

FUALAB_TOKEN holds the API's token, where it asks for one. It exits 0 only when the import
has completed.`)

// importCommand is a parsed command line.
type importCommand struct {
	url            string
	query          url.Values
	resume, cancel int64
	file           string // "" for none, - for standard input
}

func parseImport(args []string) (*importCommand, error) {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c := &importCommand{query: url.Values{}}
	flags.StringVar(&c.url, "url", defaultURL, "")
	flags.Int64Var(&c.resume, "resume", 0, "")
	flags.Int64Var(&c.cancel, "cancel", 0, "")
	flags.BoolFunc("dry-run", "", func(value string) error {
		_, err := strconv.ParseBool(value)
		c.query.Set("dry_run", value)
		return err
	})
	for name, parameter := range map[string]string{
		"format": "format", "mode": "mode", "max-errors": "max_errors", "delimiter": "delimiter", "columns": "columns",
	} {
		flags.Func(name, "", setter(c.query, parameter))
	}
	if err := flags.Parse(args); err != nil || flags.NArg() > 1 || c.resume < 0 || c.cancel < 0 {
		return nil, importUsage
	}
	c.file = flags.Arg(0)
	again := c.resume > 0 || c.cancel > 0
	if !again && c.file == "" || again && len(c.query) > 0 || c.cancel > 0 && (c.resume > 0 || c.file != "") {
		return nil, importUsage
	}
	if !again && !c.query.Has("format") {
		c.query.Set("format", formatOf(c.file))
	}
	return c, nil
}

func formatOf(file string) string {
	name := strings.TrimSuffix(strings.ToLower(file), ".gz")
	if strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl") {
		return "ndjson"
	}
	return "csv"
}

// importItems prints the result to stdout. Progress and the faults of the file
// go to stderr.
func importItems(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) error {
	command, err := parseImport(args)
	if err != nil {
		return err
	}
	c, err := openClient(command.url, environ)
	if err != nil {
		return err
	}
	if command.cancel > 0 {
		i, err := c.CancelImport(ctx, command.cancel)
		if err != nil {
			return err
		}
		if !i.Ended() {
			i, err = c.Wait(ctx, i.ID, func(*client.Import) {})
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, result(i))
		return err
	}
	i, err := sendFile(ctx, c, command, stdin, stderr)
	if err != nil {
		return err
	}
	if i, err = await(ctx, c, i, stderr); err != nil {
		return err
	}
	if i.Rejected > 0 {
		if err := printFaults(ctx, c, i.ID, stderr); err != nil {
			return err
		}
	}
	if i.State != client.Completed {
		return errors.New(result(i))
	}
	_, err = fmt.Fprintln(stdout, result(i))
	return err
}

// sendFile sends the file, or the rest that an earlier run has left.
func sendFile(ctx context.Context, c *client.Client, command *importCommand, stdin io.Reader, stderr io.Writer) (i *client.Import, err error) {
	file := stdin
	if command.file != "" && command.file != "-" {
		opened, err := os.Open(command.file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }()
		file = opened
	}
	if command.resume > 0 {
		i, err = c.Import(ctx, command.resume)
	} else {
		media := map[string]string{"csv": "text/csv", "ndjson": "application/x-ndjson"}[command.query.Get("format")]
		i, err = c.CreateImport(ctx, command.query, media)
	}
	if err != nil || i.State != client.Uploading {
		return i, err
	}
	if command.file == "" {
		return nil, fmt.Errorf("import %d has %d bytes of its file: name the file to send the rest", i.ID, i.BytesReceived)
	}
	if _, err := io.CopyN(io.Discard, file, i.BytesReceived); err != nil {
		return nil, fmt.Errorf("the file is shorter than the %d bytes that import %d already has (%w): name the same file", i.BytesReceived, i.ID, err)
	}
	shown := newProgress(stderr, "bytes")
	total := sizeOf(file)
	id := i.ID
	i, err = c.Upload(ctx, id, i.BytesReceived, file, func(bytes int64) { shown.set("sending", bytes, total) })
	shown.end()
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("stopped")
		}
		err = fmt.Errorf("%w; no row is imported yet. Within a day, --resume %d with the same file continues, and --cancel %[2]d ends the import", err, id)
	}
	return i, err
}

// sizeOf returns the size of a file, or 0 if it has none.
func sizeOf(file io.Reader) int64 {
	if f, ok := file.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}

// await waits until the import has ended, or reports that it continues.
func await(ctx context.Context, c *client.Client, i *client.Import, stderr io.Writer) (*client.Import, error) {
	id := i.ID
	shown := newProgress(stderr, "rows")
	i, err := c.Wait(ctx, id, func(i *client.Import) {
		total := int64(0)
		if i.RowsTotal != nil {
			total = *i.RowsTotal
		}
		shown.set(i.State, i.RowsRead, total)
	})
	shown.end()
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("stopped waiting")
		}
		err = fmt.Errorf("%w; import %d continues without this program: --resume %[2]d waits for its result, and --cancel %[2]d ends it", err, id)
	}
	return i, err
}

func printFaults(ctx context.Context, c *client.Client, id int64, w io.Writer) error {
	faults, err := c.Faults(ctx, id)
	if err != nil {
		return err
	}
	for _, f := range faults {
		where := fmt.Sprintf("line %d", f.Line)
		if f.Column != "" {
			where += fmt.Sprintf(", %q", f.Column)
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", where, f.Reason); err != nil {
			return err
		}
	}
	return nil
}

func result(i *client.Import) string {
	state := i.State
	if i.DryRun {
		state += " (dry run: no item was changed)"
	}
	text := fmt.Sprintf("import %d %s: %d rows read, %d inserted, %d updated, %d unchanged, %d rejected",
		i.ID, state, i.RowsRead, i.Inserted, i.Updated, i.Unchanged, i.Rejected)
	if i.Error != "" {
		text += ". " + i.Error
	}
	return text
}

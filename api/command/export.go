package command

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/url"

	"github.com/fualab/fualab/api/internal/client"
	"github.com/fualab/fualab/shared/program"
)

const defaultURL = "http://localhost:8000"

const exportUsage = program.UsageError(`usage: fualab-api export [--url http://localhost:8000] [--format csv|ndjson] [filters] > items.csv

  filters: --status active|expired, --q TEXT, --external-id ID, --duplicate-of ID,
           --created-after TIME, --created-before TIME (such as 2030-01-31T12:00:00Z)

FUALAB_TOKEN holds the API's token, where it asks for one.`)

// exportItems writes the items to stdout, and its progress to stderr.
func exportItems(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	address := flags.String("url", defaultURL, "")
	query := url.Values{"format": {"csv"}}
	for name, parameter := range map[string]string{
		"format": "format", "status": "status", "q": "q", "external-id": "external_id", "duplicate-of": "duplicate_of",
		"created-after": "created_after", "created-before": "created_before",
	} {
		flags.Func(name, "", setter(query, parameter))
	}
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return exportUsage
	}
	c, err := openClient(*address, environ)
	if err != nil {
		return err
	}
	shown := newProgress(stderr, "bytes")
	err = c.Export(ctx, query, stdout, func(bytes int64) { shown.set("exporting", bytes, 0) })
	shown.end()
	if ctx.Err() != nil {
		return errors.New("stopped; the written file is incomplete")
	}
	return err
}

// setter puts the value of a flag into a query.
func setter(query url.Values, parameter string) func(string) error {
	return func(value string) error {
		query.Set(parameter, value)
		return nil
	}
}

func openClient(address string, environ []string) (*client.Client, error) {
	c, err := client.New(address, variable(environ, "FUALAB_TOKEN"))
	if err != nil {
		return nil, program.UsageError("--url " + err.Error())
	}
	return c, nil
}

package items

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/api/internal/tx"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/imports"
	"github.com/fualab/fualab/shared/items"
)

const (
	// chunkBytes is how much of a file is in memory, and a row of the database.
	chunkBytes = 1 << 20
	// chunkTimeout is how long a chunk may take to arrive, and to be stored.
	chunkTimeout = 30 * time.Second
)

type uploadInput struct {
	Format    string `query:"format" enum:"csv,ndjson" default:"csv" doc:"Of the file."`
	Mode      string `query:"mode" enum:"insert,upsert" default:"insert" doc:"insert: every row is a new item, and one whose external_id is taken is rejected. upsert: a row changes the item that has its external_id, if there is one; columns that the file does not have stay as they are."`
	DryRun    bool   `query:"dry_run" doc:"Only validate."`
	MaxErrors int64  `query:"max_errors" minimum:"0" maximum:"1000000000" default:"0" doc:"How many rows may be rejected. With 0 all are imported or none is."`
	Delimiter string `query:"delimiter" enum:"comma,semicolon,tab,pipe" default:"comma" doc:"What stands between the cells of a CSV."`
	Columns   string `query:"columns" maxLength:"4000" example:"{\"Titel\":\"name\",\"Notes\":\"\"}" doc:"A JSON object: what column each heading, or member, of the file is for; attributes.KEY for an attribute, an empty string to leave it out. Others go by their name."`
	Encoding  string `header:"Content-Encoding" doc:"gzip, or none."`
	Complete  string `header:"Upload-Complete" enum:"?0,?1" doc:"?0 if more parts will follow."`
}

type appendInput struct {
	ID       int64  `path:"id" doc:"The import's id."`
	Offset   int64  `header:"Upload-Offset" required:"true" minimum:"0" doc:"How many bytes of the file were sent before."`
	Complete string `header:"Upload-Complete" enum:"?0,?1" doc:"?1 if the file ends with this part."`
}

func (in *uploadInput) model(limit int64) (*imports.Import, error) {
	if in.Columns != "" {
		var columns map[string]string
		err := json.Unmarshal([]byte(in.Columns), &columns)
		if err == nil {
			err = items.CheckColumns(columns)
		} else {
			err = errors.New(`must be a JSON object of strings, such as {"Titel":"name"}`)
		}
		if err != nil {
			return nil, errs.InvalidFields(errs.Field{In: "query", Pointer: "columns", Message: err.Error()})
		}
	}
	return &imports.Import{
		Format: in.Format, Mode: in.Mode, DryRun: in.DryRun, MaxErrors: in.MaxErrors,
		Delimiter: in.Delimiter, Columns: in.Columns, LimitBytes: limit,
	}, nil
}

// create stores the file. When the upload breaks off, it drops the stored bytes:
// no client knows their id.
func (h *importHandlers) create(ctx context.Context, in *uploadInput) (*importOutput, error) {
	if coded := rest.Codings(http.Header{"Content-Encoding": {in.Encoding}}); len(coded) > 1 || len(coded) == 1 && coded[0] != "gzip" {
		p := rest.Refusal(ctx, http.StatusUnsupportedMediaType)
		p.Detail = "A file may come plain or in one coding, gzip. Pack it with gzip, or send it as it is."
		return nil, huma.ErrorWithHeaders(p, http.Header{"Accept-Encoding": {"gzip, identity"}})
	}
	i, err := in.model(h.limit)
	if err != nil {
		return nil, err
	}
	from, ok := rest.StreamOf(ctx)
	if !ok {
		return nil, errors.New("an upload without its stream")
	}
	if from.Request.ContentLength > h.limit {
		return nil, h.tooLarge(ctx)
	}
	if err := h.store.CreateImport(ctx, i); err != nil {
		return nil, err
	}
	ctx = from.Request.Context()                             // each chunk has a bound of its own
	out, err := h.receive(ctx, from, i, in.Complete != "?0") //nolint:contextcheck // see above
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rest.WorkTimeout)
		defer cancel()
		_ = h.store.DropImport(ctx, i.ID) //nolint:contextcheck // see above; bytes left behind are pruned within a day
		return nil, err
	}
	out.Location = importsPath + "/" + strconv.FormatInt(i.ID, 10)
	if out.Status == http.StatusOK {
		out.Status = http.StatusCreated
	}
	return out, nil
}

func (h *importHandlers) appendPart(ctx context.Context, in *appendInput) (*importOutput, error) {
	i, err := h.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	from, ok := rest.StreamOf(ctx)
	if !ok {
		return nil, errors.New("an upload without its stream")
	}
	i.BytesReceived = in.Offset                                            // which the store compares with its own
	return h.receive(from.Request.Context(), from, i, in.Complete == "?1") //nolint:contextcheck // each chunk has a bound of its own
}

// receive stores the body as i's next bytes, chunk by chunk. The stored bytes
// stay when the body breaks off.
func (h *importHandlers) receive(ctx context.Context, from rest.Stream, i *imports.Import, last bool) (*importOutput, error) {
	control := http.NewResponseController(from.Writer)
	defer func() { _ = control.SetWriteDeadline(time.Now().Add(chunkTimeout)) }()
	chunk := make([]byte, chunkBytes)
	for {
		_ = control.SetReadDeadline(time.Now().Add(chunkTimeout)) // a connection without has none
		n, err := fill(from.Request.Body, chunk)
		ended := errors.Is(err, io.EOF)
		if i.BytesReceived+int64(n) > i.LimitBytes {
			return nil, h.tooLarge(ctx)
		}
		if n > 0 {
			if err := h.keep(ctx, i, chunk[:n]); err != nil {
				return nil, err
			}
			i.BytesReceived += int64(n)
		}
		switch {
		case ended && last:
			return h.complete(ctx, i)
		case ended:
			return h.goesOn(ctx, i.ID)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, rest.Refusal(ctx, http.StatusRequestTimeout)
		case err != nil:
			return nil, errs.Wrap(errs.Malformed, "The body broke off before its end.", err)
		}
	}
}

// keep stores a chunk, also for a client that has gone: it comes back for the
// rest.
func (h *importHandlers) keep(ctx context.Context, i *imports.Import, chunk []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rest.WorkTimeout)
	defer cancel()
	return h.store.AppendImport(ctx, i.ID, i.BytesReceived, chunk)
}

// goesOn answers how much of a file is there.
func (h *importHandlers) goesOn(ctx context.Context, id int64) (*importOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, rest.WorkTimeout)
	defer cancel()
	return h.get(ctx, &importInput{ID: id})
}

func (h *importHandlers) complete(ctx context.Context, i *imports.Import) (*importOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, rest.WorkTimeout)
	defer cancel()
	done, err := h.store.CompleteImport(ctx, i.ID, i.BytesReceived)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(ctx, func() { h.publish(events.OfImport(done)) })
	return importOutputOf(http.StatusAccepted, done), nil
}

func (h *importHandlers) tooLarge(ctx context.Context) error {
	p := rest.Refusal(ctx, http.StatusRequestEntityTooLarge)
	p.Detail = fmt.Sprintf("A file may have %d bytes, packed or not, as FUALAB_IMPORT_MAX_BYTES says. Split it.", h.limit)
	return p
}

// fill reads until chunk is full or r ends, with io.EOF, or breaks off.
func fill(r io.Reader, chunk []byte) (n int, err error) {
	for n < len(chunk) && err == nil {
		var more int
		more, err = r.Read(chunk[n:])
		n += more
	}
	return n, err
}

package httpapi

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"github.com/fualab/fualab/api/internal/store"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/itemfile"
	"github.com/fualab/fualab/shared/model"
)

const (
	// exportTimeout bounds an export, exportWrite each write of it.
	exportTimeout = time.Hour
	exportWrite   = 30 * time.Second
	// mostExports bounds how many one process makes at a time: each holds a
	// connection to the database.
	mostExports = 2
	// exportBuffer is what is sent at once. Nothing is until it is full, so that
	// most of what can go wrong is still answered by a problem.
	exportBuffer = 64 << 10
)

const exportDescription = "As CSV or NDJSON, one item a line, by id and as they all were at one moment, however long the transfer takes. `POST /api/imports` reads it back to the same items, " +
	"with ids of their own. The columns are external_id, name, description, attributes (JSON), expires_at and created_at. In CSV a cell that a spreadsheet would compute, " +
	"one that begins with =, +, -, @, a tab or a line break, stands behind an apostrophe, which an import takes away again. " +
	"An answer that breaks off is not whole: its transfer ends with an error."

type exportInput struct {
	Format string `query:"format" enum:"csv,ndjson" default:"csv" doc:"CSV with a header row (RFC 4180), or one JSON object a line."`
	ItemFilters
	AcceptEncoding string `header:"Accept-Encoding" doc:"With gzip the answer is compressed."`
}

type exportHandlers struct {
	store *store.Store
	slots chan struct{}
	log   *slog.Logger
}

var exportTypes = map[string]string{itemfile.CSV: "text/csv", itemfile.NDJSON: "application/x-ndjson"}

// register comes before the item's path, which would match it.
func (h *exportHandlers) register(o operations) {
	h.slots = make(chan struct{}, mostExports)
	content := map[string]*huma.MediaType{}
	for _, media := range exportTypes {
		content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	handle(o, huma.Operation{
		OperationID: "export-items", Method: http.MethodGet, Path: itemsPath + "/export", Tags: []string{"Items"},
		Summary: "Export items", Description: exportDescription,
		Responses: map[string]*huma.Response{"200": {Description: "The items that the filters choose", Content: content}},
	}, h.export)
}

func (h *exportHandlers) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	if faults := in.faults(); len(faults) > 0 {
		return nil, errs.InvalidFields(faults...)
	}
	header := map[string]string{
		"Content-Type":        exportTypes[in.Format],
		"Content-Disposition": `attachment; filename="items.` + in.Format + `"`,
		"Vary":                "Accept-Encoding",
		"Cache-Control":       "no-store",
	}
	if acceptsGzip(in.AcceptEncoding) {
		header["Content-Encoding"] = "gzip"
	}
	head := isHead(ctx)
	return &huma.StreamResponse{Body: func(c huma.Context) { // it outlives ctx, the bound of the work before it
		r, w := humamux.Unwrap(c)
		out := &download{w: w, control: http.NewResponseController(w), header: header}
		if head {
			out.begin()
			return
		}
		h.send(r, out, in)
	}}, nil
}

// send answers with a problem what goes wrong before the first bytes are on
// their way, and breaks off what goes wrong later.
func (h *exportHandlers) send(r *http.Request, out *download, in *exportInput) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		writeError(out.w, r, h.log, errs.Newf(errs.TooManyRequests, "This server makes %d exports at a time, and does. Try again when one of them has ended.", mostExports))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), exportTimeout)
	defer cancel()
	err := h.write(ctx, out, in)
	switch {
	case err == nil:
	case !out.begun:
		writeError(out.w, r, h.log, err)
	default:
		h.log.WarnContext(ctx, "an export was broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
}

func (h *exportHandlers) write(ctx context.Context, out *download, in *exportInput) error {
	buffer := bufio.NewWriterSize(out, exportBuffer)
	var to io.Writer = buffer
	end := buffer.Flush
	if out.header["Content-Encoding"] != "" {
		packed, err := gzip.NewWriterLevel(buffer, gzip.BestSpeed)
		if err != nil {
			return err
		}
		to = packed
		end = func() error {
			if err := packed.Close(); err != nil {
				return err
			}
			return buffer.Flush()
		}
	}
	file, err := itemfile.NewWriter(to, in.Format)
	if err != nil {
		return err
	}
	if err := h.store.ExportItems(ctx, in.filter(), func(item *model.Item) error { return file.Write(item) }); err != nil {
		return err
	}
	if err := file.Flush(); err != nil {
		return err
	}
	out.begin() // also of nothing
	return end()
}

// download is an answer whose headers go with its first bytes, and each of
// whose writes has a deadline in place of the server's for the whole.
type download struct {
	w       http.ResponseWriter
	control *http.ResponseController
	header  map[string]string
	begun   bool
}

func (d *download) begin() {
	if d.begun {
		return
	}
	d.begun = true
	for name, value := range d.header {
		d.w.Header().Set(name, value)
	}
	d.w.WriteHeader(http.StatusOK)
}

func (d *download) Write(p []byte) (int, error) {
	d.begin()
	if err := d.control.SetWriteDeadline(time.Now().Add(exportWrite)); err != nil {
		return 0, err
	}
	return d.w.Write(p)
}

// acceptsGzip reads an Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, parameter, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, given := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !given || err == nil && q > 0
	}
	return false
}

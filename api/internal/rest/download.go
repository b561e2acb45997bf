package rest

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
)

const (
	// downloadTimeout is the limit of a download.
	downloadTimeout = time.Hour
	// downloadBuffer is the size of the first part, so that most failures can
	// still become a problem.
	downloadBuffer = 64 << 10
	// downloadWrite is the limit of each write of a download.
	downloadWrite = 30 * time.Second
)

// File is a response that is written while it is read, in gzip if the client
// accepts that.
type File struct {
	Name           string // the file's name
	Type           string // its media type
	AcceptEncoding string // the request's header
	Log            *slog.Logger
	// Write writes the file within ctx, which belongs to no operation.
	Write func(ctx context.Context, to io.Writer) error
}

// Response returns the response to the request of ctx; HEAD gets the headers
// only. A failure before the first bytes becomes a problem. A later one aborts
// the transfer.
func (f File) Response(ctx context.Context) *huma.StreamResponse {
	header := map[string]string{
		"Content-Type":        f.Type,
		"Content-Disposition": `attachment; filename="` + f.Name + `"`,
		"Vary":                "Accept-Encoding",
		"Cache-Control":       "no-store",
	}
	packed := acceptsGzip(f.AcceptEncoding)
	if packed {
		header["Content-Encoding"] = "gzip"
	}
	head := IsHead(ctx)
	return &huma.StreamResponse{Body: func(c huma.Context) { // it outlives ctx, which limits the work before it
		r, w := humamux.Unwrap(c)
		out := newDownload(w, header)
		if head {
			out.begin()
			return
		}
		f.send(w, r, out, packed)
	}}
}

func (f File) send(w http.ResponseWriter, r *http.Request, out *download, packed bool) {
	ctx, cancel := context.WithTimeout(r.Context(), downloadTimeout)
	defer cancel()
	err := f.write(ctx, out, packed)
	switch {
	case err == nil:
	case !out.begun:
		WriteError(w, r, f.Log, err)
	default:
		f.Log.WarnContext(ctx, "an export failed after its beginning", "error", err)
		panic(http.ErrAbortHandler)
	}
}

func (f File) write(ctx context.Context, out *download, packed bool) error {
	buffer := bufio.NewWriterSize(out, downloadBuffer)
	var to io.Writer = buffer
	end := buffer.Flush
	if packed {
		gz, err := gzip.NewWriterLevel(buffer, gzip.BestSpeed)
		if err != nil {
			return err
		}
		to = gz
		end = func() error {
			if err := gz.Close(); err != nil {
				return err
			}
			return buffer.Flush()
		}
	}
	if err := f.Write(ctx, to); err != nil {
		return err
	}
	out.begin() // even without content
	return end()
}

// download is a response whose headers are sent with its first bytes. Each
// write has its own deadline, instead of the server's deadline for the whole
// response.
type download struct {
	w       http.ResponseWriter
	control *http.ResponseController
	header  map[string]string
	begun   bool
}

// newDownload returns a download to w with these headers. It sends nothing yet.
func newDownload(w http.ResponseWriter, header map[string]string) *download {
	return &download{w: w, control: http.NewResponseController(w), header: header}
}

// begin sends the headers if necessary. Afterwards, a failure cannot become a
// problem.
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

// Write sends p, after the headers.
func (d *download) Write(p []byte) (int, error) {
	d.begin()
	if err := d.control.SetWriteDeadline(time.Now().Add(downloadWrite)); err != nil {
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

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Import is the progress of a file's import.
type Import struct {
	ID            int64  `json:"id"`
	State         string `json:"state"`
	DryRun        bool   `json:"dry_run"`
	BytesReceived int64  `json:"bytes_received"`
	BytesTotal    *int64 `json:"bytes_total"`
	BytesRead     int64  `json:"bytes_read"`
	RowsRead      int64  `json:"rows_read"`
	RowsTotal     *int64 `json:"rows_total"`
	Inserted      int64  `json:"inserted"`
	Updated       int64  `json:"updated"`
	Unchanged     int64  `json:"unchanged"`
	Rejected      int64  `json:"rejected"`
	Error         string `json:"error"`
}

// The states that a client distinguishes.
const (
	Uploading = "uploading"
	Completed = "completed"
	Failed    = "failed"
	Cancelled = "cancelled"
)

// Ended reports whether the state of i is final.
func (i *Import) Ended() bool {
	return i.State == Completed || i.State == Failed || i.State == Cancelled
}

// Fault is one fault of a file.
type Fault struct {
	Line   int64  `json:"line"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

const importsPath = "/api/imports"

func pathOf(id int64) string { return importsPath + "/" + strconv.FormatInt(id, 10) }

// CreateImport begins an import whose file Upload sends.
func (c *Client) CreateImport(ctx context.Context, query url.Values, mediaType string) (*Import, error) {
	i := new(Import)
	header := http.Header{"Content-Type": {mediaType}, "Upload-Complete": {"?0"}}
	return i, c.ask(ctx, http.MethodPost, importsPath, query, header, nil, i)
}

// Import returns the progress of an import.
func (c *Client) Import(ctx context.Context, id int64) (*Import, error) {
	i := new(Import)
	return i, c.ask(ctx, http.MethodGet, pathOf(id), nil, nil, nil, i)
}

// CancelImport stops an import after the rows in progress.
func (c *Client) CancelImport(ctx context.Context, id int64) (*Import, error) {
	i := new(Import)
	return i, c.ask(ctx, http.MethodPost, pathOf(id)+"/cancel", nil, nil, nil, i)
}

// Faults lists the file's faults that the API has stored.
func (c *Client) Faults(ctx context.Context, id int64) ([]Fault, error) {
	var faults []Fault
	return faults, c.ask(ctx, http.MethodGet, pathOf(id)+"/errors", nil, nil, nil, &faults)
}

const (
	// partBytes is small enough for ingresses with a limit of 10 MB.
	partBytes = 4 << 20
	// tries is the largest number of attempts for a part without a stored byte.
	tries    = 8
	maxPause = 15 * time.Second
)

// Upload sends the rest of file, which begins at offset. It passes the number
// of bytes that the API has to progress. It sends the rest of an interrupted
// part again.
func (c *Client) Upload(ctx context.Context, id, offset int64, file io.Reader, progress func(bytes int64)) (*Import, error) {
	part, ahead := make([]byte, partBytes), make([]byte, partBytes)
	n, err := fill(file, part)
	for {
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		more := 0
		if n == len(part) { // otherwise, this is the end of the file
			more, err = fill(file, ahead)
			if err != nil {
				return nil, fmt.Errorf("read the file: %w", err)
			}
		}
		i, err := c.sendPart(ctx, id, offset, part[:n], more == 0)
		if err != nil {
			return nil, err
		}
		offset += int64(n)
		progress(offset)
		if more == 0 {
			return i, nil
		}
		part, ahead, n = ahead, part, more
	}
}

// fill reads until part is full or the file ends.
func fill(file io.Reader, part []byte) (int, error) {
	n, err := io.ReadFull(file, part)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// sendPart sends a part until the API has all of it.
func (c *Client) sendPart(ctx context.Context, id, offset int64, part []byte, last bool) (*Import, error) {
	for failed := 0; ; {
		i := new(Import)
		header := http.Header{
			"Content-Type":    {"application/partial-upload"},
			"Upload-Offset":   {strconv.FormatInt(offset, 10)},
			"Upload-Complete": {"?" + map[bool]string{false: "0", true: "1"}[last]},
		}
		err := c.ask(ctx, http.MethodPatch, pathOf(id), nil, header, part, i)
		if err == nil || ctx.Err() != nil || !passing(err) && !elsewhere(err) {
			return i, err
		}
		if failed++; failed == tries {
			return nil, fmt.Errorf("the API has not accepted a part of the file in %d attempts: %w", tries, err)
		}
		if err := pause(ctx, failed); err != nil {
			return nil, err
		}
		there, err := c.Import(ctx, id)
		if err != nil {
			continue // the next attempt also shows whether the API is back
		}
		if there.State != Uploading {
			return there, nil // the response was lost, but the part has arrived
		}
		stored := there.BytesReceived - offset
		if stored < 0 || stored > int64(len(part)) {
			return nil, fmt.Errorf("the API has %d bytes of the file, but %d were sent: another program sends to the same import", there.BytesReceived, offset)
		}
		if stored > 0 {
			failed = 0
		}
		offset, part = offset+stored, part[stored:]
	}
}

// elsewhere reports whether the upload continues at another byte. Then the API
// has stored more of an interrupted part than it reported before.
func elsewhere(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Status == http.StatusConflict
}

// pause waits longer after each failure.
func pause(ctx context.Context, failed int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(maxPause, 250*time.Millisecond<<failed)):
		return nil
	}
}

// Wait polls every second until the import has ended, and reports progress. The
// API may be unreachable as long as a restart takes.
func (c *Client) Wait(ctx context.Context, id int64, progress func(*Import)) (*Import, error) {
	for failed := 0; ; {
		i, err := c.Import(ctx, id)
		switch {
		case err == nil:
			failed = 0
			progress(i)
			if i.Ended() {
				return i, nil
			}
		case ctx.Err() != nil || !passing(err):
			return nil, err
		default:
			if failed++; failed == tries {
				return nil, err
			}
			if err := pause(ctx, failed); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

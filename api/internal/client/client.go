// Package client calls a running API over HTTP, as a separate program: it
// exports items and imports files.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// answerTimeout is the limit until the API begins its response. Before
	// that, it stores a part of a file, or searches the items of an export.
	answerTimeout = time.Minute
	// silenceTimeout is the longest pause of a transfer.
	silenceTimeout = time.Minute
	// maxAnswer is the largest response that is read as a whole.
	maxAnswer = 4 << 20
)

// Client calls one API. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	token string // "" for none
	http  *http.Client
}

// New returns a client of the API at address, such as http://localhost:8000.
// The token is only in the header of each request.
func New(address, token string) (*Client, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil || base.RawQuery != "" {
		return nil, errors.New("must be the http or https URL of an API, such as http://localhost:8000")
	}
	return &Client{base, token, &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		TLSHandshakeTimeout:   answerTimeout,
		ResponseHeaderTimeout: answerTimeout,
		IdleConnTimeout:       answerTimeout,
	}}}, nil
}

// Problem is an error response (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Pointer   string `json:"pointer"`
		Parameter string `json:"parameter"`
		Detail    string `json:"detail"`
	} `json:"errors"`
}

func (p *Problem) Error() string {
	text := fmt.Sprintf("the API answers %d %s", p.Status, p.Title)
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	for _, e := range p.Errors {
		text += "; " + strings.TrimPrefix(e.Pointer, "#/") + e.Parameter + " " + e.Detail
	}
	if p.Status == http.StatusUnauthorized {
		text += " (the token comes from FUALAB_TOKEN)"
	}
	return text
}

// passing reports whether the same request may succeed later.
func passing(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status >= 500 || p.Status == http.StatusRequestTimeout || p.Status == http.StatusTooManyRequests
	}
	return err != nil
}

// send returns a successful response. The caller closes its body.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (*http.Response, error) {
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, errors.Join(problemOf(resp), resp.Body.Close())
	}
	return resp, nil
}

func problemOf(resp *http.Response) error {
	p := &Problem{}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = json.Unmarshal(text, p) // a proxy may answer in another form
	p.Status = resp.StatusCode
	if p.Title == "" {
		p.Title = http.StatusText(resp.StatusCode)
	}
	return p
}

// ask sends a request with a JSON response.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout+silenceTimeout)
	defer cancel()
	resp, err := c.send(ctx, method, path, query, header, body)
	if err != nil {
		return err
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
	return errors.Join(err, resp.Body.Close())
}

// Export writes the selected items of query to w. It passes the number of bytes
// so far to progress. After an error, the content of w is incomplete.
func (c *Client) Export(ctx context.Context, query url.Values, w io.Writer, progress func(bytes int64)) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := c.send(ctx, http.MethodGet, "/api/items/export", query, nil, nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	silence := time.AfterFunc(silenceTimeout, func() { cancel(fmt.Errorf("no data came for %s", silenceTimeout)) })
	defer silence.Stop()
	done, buffer := int64(0), make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buffer)
		silence.Reset(silenceTimeout)
		if _, err := w.Write(buffer[:n]); err != nil {
			return err
		}
		done += int64(n)
		progress(done)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if context.Cause(ctx) != nil {
				err = context.Cause(ctx)
			}
			return fmt.Errorf("the export failed, and the written file is incomplete: %w", err)
		}
	}
}

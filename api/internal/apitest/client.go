package apitest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	apicontract "github.com/fualab/fualab/api/contract"
)

// Client drives an API as its clients do: over a connection.
type Client struct {
	T    testing.TB
	Base string // http://127.0.0.1:8000
	http *http.Client
}

// NewClient returns a client of the API at base, which the test ends.
func NewClient(t testing.TB, base string) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{T: t, Base: base, http: &http.Client{
		Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answer is a whole response.
type Answer struct {
	Status int
	Header http.Header // without the headers of the connection
	Body   string
}

// Send sends one request; header lines are "Name: value". A body is JSON
// unless a header says otherwise. It is safe for concurrent use.
func (c *Client) Send(method, path, body string, headers ...string) (Answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, c.Base+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Content-Type" {
			req.Header.Del(name)
		}
		req.Header.Add(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		CheckAnswer(c.T, method, req.URL.EscapedPath(), resp, text)
	}
	for _, name := range []string{"Connection", "Content-Length", "Date"} {
		resp.Header.Del(name)
	}
	return Answer{resp.StatusCode, resp.Header, string(text)}, err
}

// Document is the contract that checks every answer of every test.
var Document = sync.OnceValues(func() (*apicontract.Contract, error) {
	text, err := OpenAPI()
	if err != nil {
		return nil, err
	}
	return apicontract.Load(text)
})

// CheckAnswer holds an answer to the document.
func CheckAnswer(t testing.TB, method, path string, resp *http.Response, body []byte) {
	t.Helper()
	doc, err := Document()
	if err == nil {
		err = doc.Check(method, path, resp.StatusCode, resp.Header, body)
	}
	if err != nil {
		t.Errorf("an answer breaks the OpenAPI document: %v", err)
	}
}

// Do is send for a test that cannot go on without an answer.
func (c *Client) Do(method, path, body string, headers ...string) Answer {
	c.T.Helper()
	a, err := c.Send(method, path, body, headers...)
	if err != nil {
		c.T.Fatalf("%s %.80s: %v", method, path, err)
	}
	return a
}

// Try is send for a request that has to get the given status.
func (c *Client) Try(status int, method, path, body string) (Answer, error) {
	a, err := c.Send(method, path, body)
	if err == nil && a.Status != status {
		err = fmt.Errorf("%s %s: status %d, want %d: %s", method, path, a.Status, status, a.Body)
	}
	return a, err
}

// Must is try for a test that cannot go on without it.
func (c *Client) Must(status int, method, path, body string) Answer {
	c.T.Helper()
	a, err := c.Try(status, method, path, body)
	if err != nil {
		c.T.Fatal(err)
	}
	return a
}

// Follow sends steps in order and compares the answers.
func (c *Client) Follow(steps []Step) {
	c.T.Helper()
	for _, s := range steps {
		got := c.Do(s.Method, s.Path, s.Body, s.Headers...)
		if got.Status != s.Status {
			c.T.Errorf("%s: status %d, want %d: %.300s", s.Name, got.Status, s.Status, got.Body)
		}
		if !strings.Contains(got.Body, s.Want) {
			c.T.Errorf("%s: body %.900s\nwants %s", s.Name, got.Body, s.Want)
		}
		for _, line := range s.Answers {
			name, value, _ := strings.Cut(line, ": ")
			if got.Header.Get(name) != value {
				c.T.Errorf("%s: header %s is %q, want %q", s.Name, name, got.Header.Get(name), value)
			}
		}
	}
}

// Link returns the path that the Link header gives for rel, "" for none.
func (a Answer) Link(rel string) string {
	for _, l := range a.Header.Values("Link") {
		target, params, _ := strings.Cut(l, ">")
		if strings.Contains(params, `rel="`+rel+`"`) {
			return strings.TrimPrefix(target, "<")
		}
	}
	return ""
}

package api_test

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

// client drives an API as its clients do: over a connection.
type client struct {
	t    testing.TB
	base string // http://127.0.0.1:8000
	http *http.Client
}

func newClient(t testing.TB, base string) *client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, base: base, http: &http.Client{
		Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a whole response.
type answer struct {
	Status int
	Header http.Header // without the headers of the connection
	Body   string
}

// send sends one request; header lines are "Name: value". A body is JSON
// unless a header says otherwise. It is safe for concurrent use.
func (c *client) send(method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
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
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		checkAnswer(c.t, method, req.URL.EscapedPath(), resp, text)
	}
	for _, name := range []string{"Connection", "Content-Length", "Date"} {
		resp.Header.Del(name)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// document is the contract that checks every answer of every test.
var document = sync.OnceValues(func() (*apicontract.Contract, error) {
	text, err := openAPI()
	if err != nil {
		return nil, err
	}
	return apicontract.Load(text)
})

func checkAnswer(t testing.TB, method, path string, resp *http.Response, body []byte) {
	t.Helper()
	doc, err := document()
	if err == nil {
		err = doc.Check(method, path, resp.StatusCode, resp.Header, body)
	}
	if err != nil {
		t.Errorf("an answer breaks the OpenAPI document: %v", err)
	}
}

// do is send for a test that cannot go on without an answer.
func (c *client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	a, err := c.send(method, path, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %.80s: %v", method, path, err)
	}
	return a
}

// try is send for a request that has to get the given status.
func (c *client) try(status int, method, path, body string) (answer, error) {
	a, err := c.send(method, path, body)
	if err == nil && a.Status != status {
		err = fmt.Errorf("%s %s: status %d, want %d: %s", method, path, a.Status, status, a.Body)
	}
	return a, err
}

// must is try for a test that cannot go on without it.
func (c *client) must(status int, method, path, body string) answer {
	c.t.Helper()
	a, err := c.try(status, method, path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// follow sends steps in order and compares the answers.
func (c *client) follow(steps []step) {
	c.t.Helper()
	for _, s := range steps {
		got := c.do(s.method, s.path, s.body, s.headers...)
		if got.Status != s.status {
			c.t.Errorf("%s: status %d, want %d: %.300s", s.name, got.Status, s.status, got.Body)
		}
		if !strings.Contains(got.Body, s.want) {
			c.t.Errorf("%s: body %.900s\nwants %s", s.name, got.Body, s.want)
		}
		for _, line := range s.answers {
			name, value, _ := strings.Cut(line, ": ")
			if got.Header.Get(name) != value {
				c.t.Errorf("%s: header %s is %q, want %q", s.name, name, got.Header.Get(name), value)
			}
		}
	}
}

// link returns the path that the Link header gives for rel, "" for none.
func (a answer) link(rel string) string {
	for _, l := range a.Header.Values("Link") {
		target, params, _ := strings.Cut(l, ">")
		if strings.Contains(params, `rel="`+rel+`"`) {
			return strings.TrimPrefix(target, "<")
		}
	}
	return ""
}

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fualab/fualab/api/contract"
)

// answerTime is the timeout of a client. It is longer than the API's own limit
// for a request, so the API gives up first.
const answerTime = 20 * time.Second

// clients write and read, and record everything in a ledger.
type clients struct {
	base     func() string // returns the API for the next request
	contract *contract.Contract
	ledger   *ledger
	http     *http.Client
	own      bool // base always returns the same API, so a read shows earlier writes
	retries  bool // a write with an unknown outcome is sent again, with its key
}

func newClients(base func() string, c *contract.Contract, l *ledger, own bool) *clients {
	op, _ := c.Operation(http.MethodPost, "/api/items")
	retries := false
	for _, p := range op.Parameters {
		retries = retries || p.Name == "Idempotency-Key"
	}
	return &clients{base: base, contract: c, ledger: l, own: own, retries: retries, http: &http.Client{
		Timeout: answerTime, Transport: &http.Transport{MaxIdleConnsPerHost: 200},
	}}
}

// run keeps n clients working until ctx ends, and returns when all have ended.
// Each waits for think between two rounds.
func (c *clients) run(ctx context.Context, n int, think time.Duration) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			for round := 0; ctx.Err() == nil; round++ {
				c.round(fmt.Sprintf("client %d item %d", i, round)) //nolint:contextcheck // a request in flight finishes, even if the clients stop
				_ = pause(ctx, think)
			}
		})
	}
	all.Wait()
	c.http.CloseIdleConnections()
}

// round creates an item, describes it, and reads it and a list.
func (c *clients) round(name string) {
	c.ledger.ask(name)
	made, ok := c.write(http.MethodPost, "/api/items", map[string]string{"name": name}, name)
	if !ok {
		_ = pause(context.Background(), 50*time.Millisecond)
		return
	}
	c.ledger.acknowledge(name, made.ID, "")
	path, description := fmt.Sprintf("/api/items/%d", made.ID), "described: "+name
	c.ledger.describe(name, description)
	if _, ok := c.write(http.MethodPatch, path, map[string]string{"description": description}, ""); ok {
		c.ledger.acknowledge(name, made.ID, description)
		c.readBack(path, description)
	}
	if _, err := c.send(http.MethodGet, "/api/items?limit=5&sort=-id", "", nil); err == nil {
		c.ledger.read()
	}
}

func (c *clients) readBack(path, description string) {
	body, err := c.send(http.MethodGet, path, "", nil)
	if err != nil {
		return
	}
	c.ledger.read()
	var it item
	if err := json.Unmarshal(body, &it); err != nil || c.own && it.Description != description {
		c.ledger.complain("%s does not show the last acknowledged write: %.200s", path, body)
	}
}

// write sends a change and returns the item of the response. With a key, which
// takes effect once, it is sent until a response arrives.
func (c *clients) write(method, path string, fields map[string]string, key string) (item, bool) {
	body, err := json.Marshal(fields)
	if err != nil {
		return item{}, false
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", strings.ReplaceAll(`"`+key+`"`, " ", "-"))
	}
	for tries := 0; tries < 50; tries++ {
		text, err := c.send(method, path, string(body), header)
		if err == nil {
			var it item
			return it, json.Unmarshal(text, &it) == nil
		}
		if key == "" || !c.retries {
			break
		}
		_ = pause(context.Background(), 100*time.Millisecond)
	}
	return item{}, false
}

var errStatus = errors.New("not a success")

// send sends one request, records it, and returns the body of a success.
func (c *clients) send(method, path, body string, header http.Header) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base()+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	c.ledger.send()
	resp, err := c.http.Do(req)
	if err != nil {
		c.ledger.fail(kindOf(err))
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.ledger.fail(kindOf(err))
		return nil, err
	}
	if err := c.contract.Check(method, req.URL.Path, resp.StatusCode, resp.Header, text); err != nil {
		c.ledger.complain("%v", err)
	}
	if resp.StatusCode == http.StatusInternalServerError {
		c.ledger.complain("%s %s answered 500", method, path)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		c.ledger.fail(fmt.Sprint(resp.StatusCode))
		return nil, errStatus
	}
	return text, nil
}

// kindOf names the kind of a failed connection in one word.
func kindOf(err error) string {
	var network net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	}
	return "other"
}

// all returns every item, page by page, without any cache.
func (c *clients) all(ctx context.Context) ([]item, error) {
	var all []item
	for next := "/api/items?limit=1000"; next != ""; {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base()+next, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Cache-Control", "no-cache")
		resp, err := c.http.Do(req)
		if err != nil {
			return nil, err
		}
		var page []item
		err = json.NewDecoder(resp.Body).Decode(&page)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("list all items: %s, %w", resp.Status, err)
		}
		all, next = append(all, page...), ""
		if link, rest, _ := strings.Cut(resp.Header.Get("Link"), ">"); strings.Contains(rest, `rel="next"`) {
			u, err := url.Parse(strings.TrimPrefix(link, "<"))
			if err != nil {
				return nil, err
			}
			next = u.RequestURI()
		}
	}
	return all, nil
}

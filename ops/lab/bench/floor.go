package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"time"
)

// The goals relative to a handler that only writes the response.
const (
	itemOfFloor = 0.75
	listOfFloor = 0.6
	itemsThere  = 10_000
)

// hotItem is the name of the load that the API serves from its memory.
const hotItem = "GET an item, hot"

// benchFloor compares responses from the API's memory with the same bytes,
// written by the smallest possible handler of net/http.
func benchFloor(ctx context.Context, b *apiBench) error {
	return b.withAPI(ctx, func(p *platform, api *process) error {
		if err := p.refill(ctx); err != nil {
			return err
		}
		for _, one := range []struct {
			name, path string
			want       float64
		}{
			{hotItem, "/api/items/1", itemOfFloor},
			{"GET a list of 50, hot", listPath, listOfFloor},
		} {
			ratio, err := b.againstFloor(ctx, api, one.name, one.path)
			if err != nil {
				return err
			}
			b.figures.atLeast(one.want, ratio, "%s, of net/http's floor", one.name)
		}
		return nil
	})
}

func (b *apiBench) againstFloor(ctx context.Context, api *process, name, path string) (float64, error) {
	answer, err := capture(ctx, api.url+path)
	if err != nil {
		return 0, err
	}
	floor, err := startFloor(ctx, answer)
	if err != nil {
		return 0, err
	}
	ratio, err := b.compare(ctx, fmt.Sprintf("%s, %d bytes", name, len(answer.Body)),
		b.api(name, api, getPath(path)),
		b.client("the same bytes by a bare handler", floor.url, getPath(path)))
	return ratio, errors.Join(err, floor.stop())
}

// answer is a response as a client gets it.
type answer struct {
	Header http.Header
	Body   []byte
}

// capture returns the response at url, without the headers that net/http adds.
func capture(ctx context.Context, url string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	// Otherwise the transport asks for gzip, which the load does not.
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := sender.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, resp.Status)
	}
	resp.Header.Del("Date")
	return answer{Header: resp.Header, Body: body}, err
}

// startFloor starts this program again as a server that only returns a, and
// verifies its response.
func startFloor(ctx context.Context, a answer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	floor, err := startProcess(ctx, "/", func(addr string) *exec.Cmd {
		cmd := exec.Command(self, "floor", addr) //nolint:gosec,noctx // this program itself; process.stop ends it
		cmd.Stdin, cmd.Stderr = bytes.NewReader(raw), os.Stderr
		return cmd
	})
	if err != nil {
		return nil, err
	}
	got, err := capture(ctx, floor.url)
	if err == nil && !reflect.DeepEqual(got, a) {
		err = fmt.Errorf("the floor responds with %v and %d bytes, the API with %v and %d", got.Header, len(got.Body), a.Header, len(a.Body))
	}
	if err != nil {
		return nil, errors.Join(err, floor.stop())
	}
	return floor, nil
}

// serveFloor returns the response in in for every request, until ctx ends.
func serveFloor(ctx context.Context, addr string, in io.Reader) error {
	var a answer
	if err := json.NewDecoder(in).Decode(&a); err != nil {
		return fmt.Errorf("read the response: %w", err)
	}
	server := &http.Server{Addr: addr, ReadHeaderTimeout: answerTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		for name, values := range a.Header {
			header[name] = values
		}
		_, _ = w.Write(a.Body) // the client may have disconnected
	})}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(ctx), server.Close())
	})()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

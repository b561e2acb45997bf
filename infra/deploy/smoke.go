package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	smokePatience = 90 * time.Second // a load balancer may need half of it to see a new task
	smokePause    = time.Second
	smokeTimeout  = 10 * time.Second // of one request
	smokeMost     = 1 << 20          // bytes of an answer that are read
)

// smokeTest tries a release from outside.
type smokeTest struct {
	url, token string
	want       Release
	patience   time.Duration
}

// run waits until the release answers, with its schema and a worker's
// heartbeat, and then makes, reads and deletes an item.
func (s smokeTest) run(ctx context.Context) error {
	deadline := time.Now().Add(s.patience)
	for {
		err := errors.Join(s.health(ctx), s.ready(ctx))
		if err == nil {
			return s.item(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s: %w", s.patience, err)
		}
		pause := time.NewTimer(min(smokePause, s.patience))
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

func (s smokeTest) health(ctx context.Context) error {
	var got struct {
		Version string `json:"version"`
	}
	if err := s.call(ctx, "GET", "/health", nil, http.StatusOK, &got); err != nil {
		return err
	}
	if got.Version != s.want.Version {
		return fmt.Errorf("/health: version %q answers instead of %q", got.Version, s.want.Version)
	}
	return nil
}

func (s smokeTest) ready(ctx context.Context) error {
	var got struct {
		Schema struct {
			Version string `json:"version"`
		} `json:"schema"`
		Worker struct {
			Status string `json:"status"`
		} `json:"worker"`
	}
	if err := s.call(ctx, "GET", "/ready", nil, http.StatusOK, &got); err != nil {
		return err
	}
	// After a rollback the schema may be newer: migrations are not reverted.
	if !reached(got.Schema.Version, s.want.Schema) {
		return fmt.Errorf("/ready: the schema is %q, the release wants %q", got.Schema.Version, s.want.Schema)
	}
	if got.Worker.Status != "ok" {
		return fmt.Errorf("/ready: the worker's heartbeat is %q", got.Worker.Status)
	}
	return nil
}

func (s smokeTest) item(ctx context.Context) (err error) {
	name := "smoke test of " + s.want.Name
	var made, read struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := s.call(ctx, "POST", "/api/items", map[string]string{"name": name}, http.StatusCreated, &made); err != nil {
		return err
	}
	path := fmt.Sprintf("/api/items/%d", made.ID)
	defer func() {
		err = errors.Join(err, s.call(context.WithoutCancel(ctx), "DELETE", path, nil, http.StatusNoContent, nil))
	}()
	if err := s.call(ctx, "GET", path, nil, http.StatusOK, &read); err != nil {
		return err
	}
	if read.ID != made.ID || read.Name != name {
		return fmt.Errorf("%s: the item that was made is not the one that is read", path)
	}
	return ctx.Err()
}

// call makes one request, wants status, and decodes the answer into out.
func (s smokeTest) call(ctx context.Context, method, path string, in any, status int, out any) error {
	ctx, cancel := context.WithTimeout(ctx, smokeTimeout)
	defer cancel()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, smokeMost))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%s %s: %s: give /fualab/ENV/smoke-token a token with the scopes read and write", method, path, res.Status)
	case res.StatusCode != status:
		return fmt.Errorf("%s %s: %s instead of %d", method, path, res.Status, status)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// reached reports whether a database at version applied has each migration of version needed. A version has a number
// for each sequence of migrations: the platform's, a dot, and the product's.
func reached(applied, needed string) bool {
	platform, product, _ := strings.Cut(applied, ".")
	needsPlatform, needsProduct, _ := strings.Cut(needed, ".")
	return platform >= needsPlatform && product >= needsProduct
}

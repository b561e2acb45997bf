package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

//go:embed seed.json
var samples []byte

const (
	// seedAPI is the API of a platform with the default ports.
	seedAPI = "http://localhost:8000"
	// seedTimeout bounds the request.
	seedTimeout = 30 * time.Second
	// seedAnswer bounds the response, in bytes.
	seedAnswer = 1 << 20
)

// seed creates the sample items on the platform whose API is at url, and prints
// their number. Each call creates them again.
func seed(ctx context.Context, url string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, seedTimeout)
	defer cancel()
	url = strings.TrimSuffix(url, "/") + "/api/items/batch"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(samples))
	if err != nil {
		return fmt.Errorf("%s is not the address of an API: %w", url, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no API responds at %s: start one with `go run ./ops/local`, or name another: seed http://host:port", url)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, seedAnswer))
	if err != nil {
		return fmt.Errorf("read the response of %s: %w", url, err)
	}
	var made []json.RawMessage
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s responds with %s: %.300s", url, resp.Status, body)
	}
	if err := json.Unmarshal(body, &made); err != nil {
		return fmt.Errorf("%s does not respond like FUALab's API: %w", url, err)
	}
	_, err = fmt.Fprintf(stdout, "%d sample items created\n", len(made))
	return err
}

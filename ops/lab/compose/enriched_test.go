//go:build integration

package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/fualab/fualab/shared/testcontainer"
)

// TestPostToEnriched: the API's container accepts an item and the worker's
// enriches it, on Postgres and Redis in separate containers. The API reports its
// build.
func TestPostToEnriched(t *testing.T) {
	t.Parallel()
	apiImage, workerImage := image(t, "api"), image(t, "worker")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	net, err := network.New(ctx)
	testcontainers.CleanupNetwork(t, net)
	if err != nil {
		t.Fatal(err)
	}
	run := func(name, image string, wait wait.Strategy, options ...testcontainers.ContainerCustomizer) *testcontainers.DockerContainer {
		options = append(options, network.WithNetwork([]string{name}, net), testcontainers.WithWaitStrategy(wait))
		c, err := testcontainer.Start(func() (*testcontainers.DockerContainer, error) {
			return testcontainers.Run(ctx, image, options...)
		})
		testcontainers.CleanupContainer(t, c, testcontainers.StopTimeout(10*time.Second))
		if err != nil {
			t.Fatalf("start %s: %v", name, err)
		}
		return c
	}
	run("db", "postgres:17-alpine", wait.ForLog("database system is ready to accept connections").WithOccurrence(2),
		testcontainers.WithEnv(map[string]string{"POSTGRES_USER": "fualab", "POSTGRES_PASSWORD": "test-only"}))
	run("redis", "redis:8-alpine", wait.ForLog("Ready to accept connections"))
	settings := testcontainers.WithEnv(map[string]string{
		"FUALAB_DATABASE_URL": "postgresql://fualab:test-only@db:5432/fualab?sslmode=disable",
		"FUALAB_REDIS_URL":    "redis://redis:6379/0",
	})
	// The binary's own check decides whether it is healthy.
	api := run("api", apiImage, wait.ForHealthCheck(), settings, testcontainers.WithExposedPorts("8000/tcp"))
	run("worker", workerImage, wait.ForHealthCheck(), settings)

	url, err := api.PortEndpoint(ctx, "8000/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	if body := call(t, http.MethodGet, url+"/health", "", http.StatusOK); !strings.Contains(body, testVersion) || !strings.Contains(body, testCommit) || !strings.Contains(body, testTime) {
		t.Errorf("health: %s", body)
	}
	var item struct {
		ID       int64
		Slug     *string
		Enriched bool
	}
	decode(t, call(t, http.MethodPost, url+"/api/items", `{"name":"Sample item"}`, http.StatusCreated), &item)
	begin := time.Now()
	within(t, time.Minute, "the item to be enriched", func() bool {
		decode(t, call(t, http.MethodGet, fmt.Sprintf("%s/api/items/%d", url, item.ID), "", http.StatusOK), &item)
		return item.Enriched
	})
	t.Logf("enriched after %s", time.Since(begin).Round(time.Millisecond))
	if item.Slug == nil || *item.Slug != "sample-item" {
		t.Errorf("item %+v", item)
	}
}

var client = &http.Client{Timeout: 10 * time.Second}

// call sends one request and expects the given status.
func call(t testing.TB, method, url, body string, want int) string {
	t.Helper()
	status, got, err := try(t.Context(), method, url, body)
	if err != nil || status != want {
		t.Fatalf("%s %s: %d, %v: %s; want %d", method, url, status, err, got, want)
	}
	return got
}

func try(ctx context.Context, method, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	return resp.StatusCode, string(got), err
}

func decode(t testing.TB, body string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%v: %.200s", err, body)
	}
}

// within waits until ok, and fails the test after limit.
func within(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

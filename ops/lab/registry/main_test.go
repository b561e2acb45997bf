package main

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

func TestPush(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	repository := strings.TrimPrefix(server.URL, "http://") + "/fualab/api"
	var pushed, asked bytes.Buffer
	if err := run([]string{"push", repository, "main-1"}, &pushed); err != nil {
		t.Fatal(err)
	}
	image := repository + "@" + strings.TrimSpace(pushed.String())
	if err := run([]string{"digest", image}, &asked); err != nil || asked.String() != pushed.String() {
		t.Errorf("%s is %q, %v", image, asked.String(), err)
	}
	if err := run([]string{"digest", repository + ":none"}, io.Discard); err == nil {
		t.Error("an image that was never pushed has a digest")
	}
	if err := run([]string{"pull"}, io.Discard); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("an unknown command: %v", err)
	}
}

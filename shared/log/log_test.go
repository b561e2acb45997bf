package log_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/log"
)

func TestNew(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := log.New(&out, slog.LevelInfo, "FUALab API").With("part", "x")
	ctx := log.WithRequest(context.Background(), &log.Request{ID: "abc"})
	logger.DebugContext(ctx, "not this")
	logger.InfoContext(ctx, "a\nforged line", "user", "\"}\n")

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"service": "FUALab API", "part": "x", "request_id": "abc", "msg": "a\nforged line", "user": "\"}\n"} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
}

package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// importer is an API that accepts imports. For each part, it stores half and
// loses the first response.
type importer struct {
	mu     sync.Mutex
	query  string
	file   []byte
	whole  bool
	lost   map[string]bool // by offset
	states []string        // the states in the next responses for a whole file; the last one stays
	faults string
}

func (a *importer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer secret":
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"title":"No token","detail":"Send one."}`)
		return
	case r.URL.Path == "/api/items/export":
		if r.URL.Query().Get("q") == "broken" {
			w.Header().Set("Content-Length", "100")
		}
		_, _ = io.WriteString(w, "name\n"+r.URL.RawQuery+"\n")
		return
	case r.URL.Path == "/api/imports/7/errors":
		_, _ = io.WriteString(w, a.faults)
		return
	case r.Method == http.MethodPost:
		a.query = r.URL.RawQuery
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPatch:
		part, _ := io.ReadAll(r.Body)
		offset := r.Header.Get("Upload-Offset")
		if offset != strconv.Itoa(len(a.file)) {
			w.WriteHeader(http.StatusConflict)
			return
		}
		if !a.lost[offset] && len(part) > 0 {
			a.lost[offset], a.lost[strconv.Itoa(len(a.file)+len(part)/2)] = true, true
			a.file = append(a.file, part[:len(part)/2]...)
			panic(http.ErrAbortHandler)
		}
		a.file = append(a.file, part...)
		a.whole = r.Header.Get("Upload-Complete") == "?1"
	}
	state := "uploading"
	if a.whole {
		state = a.states[0]
		if len(a.states) > 1 {
			a.states = a.states[1:]
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": 7, "state": state, "bytes_received": len(a.file), "rows_read": 3, "rows_total": 3, "inserted": 2, "rejected": strings.Count(a.faults, "line"),
	})
}

func startImporter(t *testing.T, states []string, faults string) (*importer, string) {
	t.Helper()
	a := &importer{lost: map[string]bool{}, states: states, faults: faults}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return a, server.URL
}

var withToken = []string{"FUALAB_TOKEN=secret"}

// TestImportSendsTheFileOnce uses a connection that breaks at every part, and
// waits for the result.
func TestImportSendsTheFileOnce(t *testing.T) {
	t.Parallel()
	file := strings.Repeat("0123456789abcde\n", 600_000) // 9.6 MB: three parts
	a, url := startImporter(t, []string{"queued", "validating", "importing", "completed"}, `[]`)
	var stdout, stderr bytes.Buffer
	err := importItems(t.Context(), []string{"--url", url, "--mode", "upsert", "--dry-run", "-"}, withToken, strings.NewReader(file), &stdout, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	if string(a.file) != file || a.query != "dry_run=true&format=csv&mode=upsert" {
		t.Errorf("the API has %d bytes of %d, with %s", len(a.file), len(file), a.query)
	}
	if got := stdout.String(); got != "import 7 completed: 3 rows read, 2 inserted, 0 updated, 0 unchanged, 0 rejected\n" {
		t.Errorf("printed %q", got)
	}
}

// TestImportGoesOn continues after the bytes of an earlier run.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	a, url := startImporter(t, []string{"completed"}, `[]`)
	a.file = []byte("name\n")
	if err := importItems(t.Context(), []string{"--url", url, "--resume", "7", "-"}, withToken, strings.NewReader("name\nx\n"), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if string(a.file) != "name\nx\n" {
		t.Errorf("the API has %q", a.file)
	}
	if err := importItems(t.Context(), []string{"--url", url, "--resume", "7"}, withToken, nil, io.Discard, io.Discard); err != nil {
		t.Error("wait for one that is there:", err)
	}
}

func TestImportFails(t *testing.T) {
	t.Parallel()
	_, url := startImporter(t, []string{"failed"}, `[{"line":2,"column":"name","reason":"must not be empty"}]`)
	for name, tt := range map[string]struct {
		args, environ []string
		want          string
	}{
		"rows":       {[]string{"--url", url, "-"}, withToken, "import 7 failed: 3 rows read, 2 inserted, 0 updated, 0 unchanged, 1 rejected"},
		"no token":   {[]string{"--url", url, "-"}, nil, "the API answers 401 No token: Send one. (the token comes from FUALAB_TOKEN)"},
		"no file":    {[]string{"--url", url}, withToken, string(importUsage)},
		"both":       {[]string{"--resume", "7", "--cancel", "7"}, withToken, string(importUsage)},
		"wrong flag": {[]string{"--token", "x", "-"}, withToken, string(importUsage)},
		"wrong url":  {[]string{"--url", "localhost:8000", "-"}, withToken, "--url must be the http or https URL of an API, such as http://localhost:8000"},
		"not there":  {[]string{"--url", url, "/nowhere.csv"}, withToken, "open /nowhere.csv: no such file or directory"},
	} {
		var stderr bytes.Buffer
		err := importItems(t.Context(), tt.args, tt.environ, strings.NewReader("x"), io.Discard, &stderr)
		if fmt.Sprint(err) != tt.want {
			t.Errorf("%s: %v\nwant %s", name, err, tt.want)
		}
		if name == "rows" && stderr.String() != "line 2, \"name\": must not be empty\n" {
			t.Errorf("printed %q", stderr.String())
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	_, url := startImporter(t, nil, "")
	var stdout bytes.Buffer
	if err := exportItems(t.Context(), []string{"--url", url, "--status", "active", "--created-after", "2030-01-31T12:00:00Z"}, withToken, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := stdout.String(); got != "name\ncreated_after=2030-01-31T12%3A00%3A00Z&format=csv&status=active\n" {
		t.Errorf("exported %q", got)
	}
	err := exportItems(t.Context(), []string{"--url", url, "--q", "broken"}, withToken, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "the written file is incomplete") {
		t.Errorf("an export that breaks off: %v", err)
	}
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"sending: 500 of 1000 bytes, 50 %, 100 a second, 5s left": line("sending", "bytes", 500, 500, 1000, 5e9),
		"sending: 900 of 1000 bytes, 90 %, 20 a second, 5s left":  line("sending", "bytes", 100, 900, 1000, 5e9),
		"exporting: 500 bytes, 100 a second":                      line("exporting", "bytes", 500, 500, 0, 5e9),
		"queued: 0 of 3 rows, 0 %":                                line("queued", "rows", 0, 0, 3, 5e9),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

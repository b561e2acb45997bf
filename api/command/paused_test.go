package command

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testwait"
)

// TestPausedAndResumed proves that a process that was stopped during a change
// shows the change as soon as it continues.
func TestPausedAndResumed(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "sqlite")
	p, db := serve(t, url), testdb.Open(t, url)
	if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", `{"name":"old"}`); err != nil || got.status != 201 {
		t.Fatalf("create: %v, %v", got, err)
	}
	paths := []string{"/api/items/1", "/api/items"}
	for _, path := range paths { // so that the cache has it
		if got, err := request(t.Context(), http.DefaultClient, "GET", p.url+path, ""); err != nil || !strings.Contains(got.body, `"old"`) {
			t.Fatalf("%s: %v, %v", path, got, err)
		}
	}
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	if _, err := db.ExecContext(t.Context(), `UPDATE items SET name = 'new'`); err != nil {
		t.Fatal(err)
	}
	testwait.Pass(t, time.Second) // by the clock of a stopped process
	shown := make(chan string, len(paths))
	for _, path := range paths {
		go func() {
			got, err := request(t.Context(), http.DefaultClient, "GET", p.url+path, "")
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			shown <- got.body
		}()
	}
	signal(syscall.SIGCONT)
	for range paths {
		if body := <-shown; !strings.Contains(body, `"new"`) {
			t.Errorf("a second after the change it shows %s", body)
		}
	}
	p.stop(t)
}

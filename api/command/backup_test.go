package command

import (
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/testdb"
)

// TestBackupBesideARunningAPI saves while the API serves. The restore is
// refused until the API has stopped, and brings back the items of that time.
func TestBackupBesideARunningAPI(t *testing.T) {
	t.Parallel()
	url, file := testdb.EmptyURL(t, "sqlite"), filepath.Join(t.TempDir(), "backup")
	p := serve(t, url)
	post := func() {
		t.Helper()
		if got, err := request(t.Context(), http.DefaultClient, "POST", p.url+"/api/items", `{"name":"x"}`); err != nil || got.status != 201 {
			t.Fatalf("create: %v, %v", got, err)
		}
	}
	post()
	// patch changes the item and returns its new ETag.
	patch := func(description string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, p.url+"/api/items/1", strings.NewReader(`{"description":"`+description+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/merge-patch+json")
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		return got.Header.Get("ETag")
	}
	if out := output(t, command(t, url, "backup", file)); !strings.Contains(out, "saved the whole database") {
		t.Error(out)
	}
	post()
	lost := patch("lost by the restore")
	out, err := command(t, url, "restore", "--replace", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is in use: stop the platform") {
		t.Errorf("beside a running API: %v: %s", err, out)
	}
	p.stop(t)
	if out := output(t, command(t, url, "restore", "--replace", file)); !strings.Contains(out, "is kept as") || !strings.Contains(out, "start the platform") {
		t.Error(out)
	}
	p = serve(t, url)
	got, err := request(t.Context(), http.DefaultClient, "GET", p.url+"/api/items", "")
	if err != nil || strings.Count(got.body, `"id":`) != 1 {
		t.Errorf("restored: %v, %v", got, err)
	}
	if again := patch("after the restore"); lost == "" || again == "" || again == lost {
		t.Errorf("the ETag %s of a lost state comes again: %s", lost, again)
	}
	p.stop(t)
}

func TestBackupMistakes(t *testing.T) {
	t.Parallel()
	url := testdb.EmptyURL(t, "sqlite")
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"backup"}, 2, "usage:"},
		{[]string{"restore", "--force", "x"}, 2, "usage:"},
		{[]string{"backup", filepath.Join(t.TempDir(), "x")}, 1, "no such file"},
		{[]string{"restore", filepath.Join(t.TempDir(), "x")}, 1, "no such file"},
	} {
		out, err := command(t, url, tt.args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != tt.code || !strings.Contains(string(out), tt.says) {
			t.Errorf("%v: %v, want status %d with %q: %s", tt.args, err, tt.code, tt.says, out)
		}
	}
}

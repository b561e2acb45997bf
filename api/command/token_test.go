package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/auth"
	"github.com/fualab/fualab/shared/testdb"
)

// TestTokenCommands makes, uses, lists and revokes a token beside a running
// API, as an operator does.
func TestTokenCommands(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string) {
		url := testdb.NewURL(t, dialect)
		p := serve(t, url, "FUALAB_AUTH=on")
		if got, err := request(t.Context(), http.DefaultClient, "GET", p.url+"/api/items", ""); err != nil || got.status != 401 {
			t.Fatalf("without a token: %v, %v", got, err)
		}
		said := new(bytes.Buffer)
		create := command(t, url, "token", "create", "--name", "ci", "--scope", "read,write", "--expires", "12h")
		create.Stderr = said
		out, err := create.Output()
		if err != nil {
			t.Fatalf("create: %v: %s", err, said)
		}
		token := strings.TrimSuffix(string(out), "\n")
		if !regexp.MustCompile(`^fua_[a-z2-7]{56}$`).MatchString(token) || strings.Contains(said.String(), token) ||
			!strings.Contains(said.String(), `token 1, "ci", with the scopes read write, expires 20`) {
			t.Errorf("create said %q", said)
		}
		client := &http.Client{Transport: bearer(token), Timeout: time.Minute}
		if got, err := request(t.Context(), client, "POST", p.url+"/api/items", `{"name":"x"}`); err != nil || got.status != 201 {
			t.Errorf("with the token: %v, %v", got, err)
		}
		if got := output(t, command(t, url, "token", "list")); !strings.HasPrefix(got, `1 "ci"`) || !strings.Contains(got, "read,write") || strings.Contains(got, token) {
			t.Errorf("list: %q", got)
		}
		if got := output(t, command(t, url, "token", "revoke", "1")); !strings.Contains(got, `token 1, "ci", is revoked`) {
			t.Errorf("revoke: %q", got)
		}
		elsewhere := auth.NewToken()
		sum := sha256.Sum256([]byte(elsewhere))
		if got := output(t, command(t, url, "token", "create", "--name", "elsewhere", "--hash", hex.EncodeToString(sum[:]))); got != "" {
			t.Errorf("create of a token made elsewhere printed %q", got)
		}
		if got, err := request(t.Context(), &http.Client{Transport: bearer(elsewhere), Timeout: time.Minute}, "GET", p.url+"/api/items", ""); err != nil || got.status != 200 {
			t.Errorf("with a token made elsewhere: %v, %v", got, err)
		}
		for deadline := time.Now().Add(10 * time.Second); ; {
			got, err := request(t.Context(), client, "GET", p.url+"/api/items", "")
			if err == nil && got.status == 401 {
				break
			}
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("after the token was revoked: %v, %v", got, err)
			}
		}
		p.stop(t)
		if got := output(t, command(t, url, "token", "list")); !strings.Contains(got, "revoked 20") || strings.Contains(got, "never used") {
			t.Errorf("list: %q", got)
		}
		if strings.Contains(p.log(), token) {
			t.Error("the token is in the log")
		}
		if !strings.Contains(p.log(), `"caller":"token:1"`) {
			t.Error("the log does not name the caller")
		}
	})
}

// bearer sends a token with every request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args[1:], err)
	}
	return string(out)
}

// TestTokenMistakes proves that each mistake is explained, and that status 2 is
// for a wrong command.
func TestTokenMistakes(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t, "sqlite")
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage: fualab-api token create"},
		{[]string{"make"}, 2, "usage:"},
		{[]string{"create"}, 2, "usage:"},
		{[]string{"create", "--name", "x", "y"}, 2, "usage:"},
		{[]string{"create", "--name", "x", "--colour", "red"}, 2, "usage:"},
		{[]string{"create", "--name", "x", "--expires", "90"}, 2, "such as 90d or 12h, or never"},
		{[]string{"create", "--name", "x", "--expires", "0d"}, 2, "such as 90d"},
		{[]string{"create", "--name", "x", "--expires", "99999999d"}, 2, "such as 90d"},
		{[]string{"create", "--name", "x", "--scope", "all"}, 1, "read, write and admin"},
		{[]string{"create", "--name", strings.Repeat("x", 101)}, 1, "1 to 100 characters"},
		{[]string{"create", "--name", "x", "--hash", "00"}, 2, "64 digits"},
		{[]string{"create", "--name", "x", "--hash", strings.Repeat("x", 64)}, 2, "64 digits"},
		{[]string{"list", "all"}, 2, "usage:"},
		{[]string{"revoke"}, 2, "usage:"},
		{[]string{"revoke", "ci"}, 2, "the id of a token"},
		{[]string{"revoke", "7"}, 1, "There is no token with this id"},
	} {
		out, err := command(t, url, append([]string{"token"}, tt.args...)...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != tt.code || !strings.Contains(string(out), tt.says) {
			t.Errorf("%v: %v, want status %d: %s", tt.args, err, tt.code, out)
		}
	}
	out, err := command(t, testdb.EmptyURL(t, "sqlite"), "token", "list").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "fualab-api migrate up") {
		t.Errorf("without a schema: %v: %s", err, out)
	}
}

// TestLife proves that the lifetime is a number of days or hours, or never.
func TestLife(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "12h": 12 * time.Hour, "1h": time.Hour, "36500d": 36_500 * 24 * time.Hour, "never": 0,
	} {
		if got, err := parseLife(text); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "0", "0d", "0h", "-1d", "1", "d", "1.5d", "1_0d", "0x1d", "1e2d", " 1d", "1d ", "1D", "90s", "1d12h", "36501d", "4294967297d",
		"9223372036854775807h", "99999999999999999999d", "Never", "forever",
	} {
		if got, err := parseLife(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

package command

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/shared/testredis"
)

// TestSecretsStayIn runs the program with secrets, and sends some to it. It
// searches for them in all output: the log, the responses, and the errors of
// the start.
func TestSecretsStayIn(t *testing.T) {
	t.Parallel()
	const redisPassword, databasePassword, token, text = "r3d1s-marker", "d4t4base-marker", "fua_t0ken-marker", "client-marker"
	_, redisURL := testredis.Embedded(t, redisPassword)
	withPassword := strings.Replace(redisURL.Reveal(), "://", "://:"+redisPassword+"@", 1)
	var said strings.Builder

	// It works with the secrets; with a wrong password, Redis is missing.
	for _, url := range []string{withPassword, strings.Replace(withPassword, redisPassword, "wrong-"+redisPassword, 1)} {
		p := serve(t, testdb.NewURL(t, "sqlite"), "FUALAB_REDIS_URL="+url, "FUALAB_LOG_LEVEL=debug", "FUALAB_SLOW_QUERY_MILLISECONDS=1")
		for _, r := range []struct{ method, path, body string }{
			{"GET", "/ready", ""}, {"GET", "/health", ""}, {"GET", "/api/items?q=" + text, ""}, {"GET", "/api/nowhere/" + text, ""},
			{"POST", "/api/items", `{"nam":"` + text + `"}`}, {"POST", "/api/items", `{"name":"` + text + "\x00"}, {"POST", "/api/runs/1/retry", ""},
		} {
			req, err := http.NewRequestWithContext(t.Context(), r.method, p.url+r.path, strings.NewReader(r.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Idempotency-Key", token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(resp.Write(&said), resp.Body.Close()); err != nil {
				t.Fatal(err)
			}
		}
		p.stop(t)
		said.WriteString(p.log())
	}
	if !strings.Contains(said.String(), `"msg":"request"`) {
		t.Fatalf("it has no output: %s", said.String())
	}

	// A missing database, and invalid settings.
	for _, url := range []string{"postgresql://fualab:" + databasePassword + "@127.0.0.1:1/fualab", "postgresql//fualab:" + databasePassword + "@h/d"} {
		cmd := command(t, "")
		cmd.Env = []string{"FUALAB_API_ADDR=127.0.0.1:0", "FUALAB_DATABASE_WAIT_SECONDS=0", "FUALAB_DATABASE_URL=" + url, "FUALAB_REDIS_URL=redis:/:" + redisPassword + "@h"}
		if strings.Contains(url, "://") {
			cmd.Env[3] = "FUALAB_REDIS_URL=" + withPassword
		}
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("it starts: %s", out)
		}
		said.Write(out)
	}
	for _, secret := range []string{redisPassword, databasePassword, token, text} {
		if _, after, found := strings.Cut(said.String(), secret); found {
			t.Errorf("%s shows, before %.200q", secret, after)
		}
	}
}

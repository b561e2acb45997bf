package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/testwait"
)

// binary is the real program, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fualab-api-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "fualab-api")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/fualab-api").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func command(t *testing.T, url config.DatabaseURL, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal("build the program:", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, args...)
	cmd.Env = []string{"FUALAB_API_ADDR=127.0.0.1:0", "FUALAB_DATABASE_URL=" + url.Reveal()}
	return cmd
}

// process is a running API.
type process struct {
	cmd     *exec.Cmd
	url     string        // http://127.0.0.1:…
	started time.Time     // time of exec
	done    chan struct{} // closed after its end
	err     error         // the result of Wait, after done

	mu   sync.Mutex
	logs []string
}

// serve starts the API with env and the settings of all tests, and waits until
// it answers.
func serve(t *testing.T, url config.DatabaseURL, env ...string) *process {
	t.Helper()
	cmd := command(t, url)
	cmd.Env = append(cmd.Env, env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, started: time.Now(), done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr := make(chan string, 1)
	go func() {
		p.read(bufio.NewScanner(stderr), addr)
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.done
	})
	select {
	case a := <-addr:
		p.url = "http://" + a
	case <-p.done:
		t.Fatalf("the API ended: %v\n%s", p.err, p.log())
	case <-time.After(testwait.Patience):
		t.Fatalf("the API does not serve:\n%s", p.log())
	}
	return p
}

// read collects the log and finds the address in it.
func (p *process) read(lines *bufio.Scanner, addr chan<- string) {
	for lines.Scan() {
		p.mu.Lock()
		p.logs = append(p.logs, lines.Text())
		p.mu.Unlock()
		var line struct{ Msg, Addr string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			addr <- line.Addr
		}
	}
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.logs, "\n")
}

// stop sends SIGTERM and waits for an orderly end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(25 * time.Second):
		t.Fatal("the API does not stop")
	}
	if p.err != nil {
		t.Errorf("the API ended with %v:\n%s", p.err, p.log())
	}
}

// answer has the tested parts of a response.
type answer struct {
	status int
	closes bool // it closes the connection
	body   string
}

func request(ctx context.Context, client *http.Client, method, url, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Close, string(text)}, errors.Join(err, resp.Body.Close())
}

package worker

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testwait"
	"github.com/fualab/fualab/worker/internal/task"
)

// process is a worker that runs until the test ends, or until stop.
type process struct {
	t      *testing.T
	url    string
	log    *journal
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // the error of Run, after ended is closed
}

// start runs a worker on a free port, with default settings and the registered
// tasks or the given ones. It does not log slow queries: they depend on the
// machine, and tests search for warnings.
func start(t *testing.T, db config.DatabaseURL, redis config.RedisURL, tasks ...task.Task) *process {
	t.Helper()
	cfg, err := config.Load[Config]([]string{
		"FUALAB_DATABASE_URL=" + db.Reveal(), "FUALAB_REDIS_URL=" + redis.Reveal(), "FUALAB_SHUTDOWN_TIMEOUT_SECONDS=5",
		"FUALAB_SLOW_QUERY_MILLISECONDS=0",
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Instance, cfg.tasks = "test-1", tasks
	return startWith(t, cfg)
}

// startWith runs a worker with cfg on a free port.
func startWith(t *testing.T, cfg Config) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{t: t, log: new(journal), cancel: cancel, ended: make(chan struct{})}
	cfg.Log = slog.New(slog.NewJSONHandler(p.log, nil))
	cfg.Listener = listenLocal(t)
	p.url = "http://" + cfg.Listener.Addr().String()
	go func() {
		defer close(p.ended)
		p.err = Run(ctx, cfg)
	}()
	t.Cleanup(p.stop)
	return p
}

// stop stops the worker and waits for its end.
func (p *process) stop() {
	p.t.Helper()
	p.cancel()
	select {
	case <-p.ended:
	case <-time.After(testwait.Patience):
		p.t.Fatal("the worker does not stop")
	}
	if p.err != nil {
		p.t.Error("the worker stopped with:", p.err)
	}
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// answer has the common fields of /health and /ready, and some others.
type answer struct {
	Status, Detail, Service, Instance string

	Schema struct{ Version, Needed string }
	Redis  struct{ Status string }
	Loop   struct {
		Status   string
		LastTurn *model.Time `json:"last_turn"`
	}
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testwait.Patience}

// get requests path; the worker may already be gone.
func (p *process) get(path string) (int, answer, error) {
	p.t.Helper()
	return get(p.t, p.url+path)
}

func get(t *testing.T, url string) (int, answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, a, nil
}

// await requests path until the response has status, and returns that response.
func (p *process) await(path, status string) (code int, a answer) {
	p.t.Helper()
	testwait.For(p.t, path+" to say "+status, func() bool {
		var err error
		if code, a, err = p.get(path); err != nil {
			p.t.Fatal(err)
		}
		return a.Status == status
	})
	return code, a
}

func workers(t *testing.T, db *database.DB) []model.Worker {
	t.Helper()
	var rows []model.Worker
	if err := db.NewSelect().Model(&rows).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rows
}

// journal is a log that tests may read during writes.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// lines returns the lines that contain text.
func (j *journal) lines(text string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []string
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

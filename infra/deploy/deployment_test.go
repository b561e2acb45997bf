package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// world is a stack and its account, in memory. calls has the requests to it,
// in order.
type world struct {
	mu        sync.Mutex
	calls     []string
	releases  map[string]Release // by the record's name
	running   Images
	fail      map[string]error // by call: "apply NAME", "migrate", "address"
	interrupt func()           // called when the migration runs
	api       *httptest.Server
	noToken   bool
	client    *Client
	page      []byte     // that the web client's address serves
	commands  [][]string // that were run
	answers   string     // version that /health answers; "" is the running release's
}

func image(program, release string) *string {
	s := "registry.example.com/fualab/" + program + "-" + release + "@sha256:" + strings.Repeat("a", 64)
	return &s
}

func release(name string) Release {
	return Release{Name: name, Commit: name, Version: "v-" + name, Schema: "0005", Images: Images{API: image("api", name), Worker: image("worker", name)}}
}

// newWorld runs the release old, and can run new.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		releases: map[string]Release{"current": release("old"), "previous": {}},
		running:  release("old").Images, fail: map[string]error{},
	}
	w.api = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.api.Close)
	return w
}

func (w *world) called(call string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
	return w.fail[call]
}

// names tells which releases images are of, in the order api worker migrate.
func names(images Images) string {
	var out []string
	for _, i := range []*string{images.API, images.Worker, images.Migrate} {
		name := "-"
		if i != nil {
			name, _, _ = strings.Cut((*i)[strings.LastIndex(*i, "-")+1:], "@")
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func (w *world) Check(context.Context, Images) error { return w.fail["check"] }

func (w *world) Apply(ctx context.Context, images Images) error {
	if err := w.called("apply " + names(images)); err != nil {
		return err
	}
	w.running = images
	return ctx.Err()
}

func (w *world) Outputs(context.Context) (Outputs, error) {
	return Outputs{Cluster: "fualab-dev", Client: w.client}, nil
}

// PutClient is a bucket of one page.
func (w *world) PutClient(_ context.Context, _ Client, s site) (site, error) {
	before := site{"index.html": w.page}
	w.page = s["index.html"]
	return before, w.called("client " + string(w.page))
}

func (w *world) Record(_ context.Context, name string) (Release, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.releases[name], nil
}

func (w *world) PutRecord(_ context.Context, name string, r Release) error {
	err := w.called("record " + name + " " + r.Name)
	r.DeployedAt = nil
	w.releases[name] = r
	return err
}

func (w *world) Keep(_ context.Context, name string, r Release) error {
	return w.called("keep " + name + " " + r.Name)
}

func (w *world) SmokeToken(context.Context) (string, error) {
	if w.noToken {
		return "", nil
	}
	return "token", nil
}

func (w *world) MakeSmokeToken(context.Context, Outputs, io.Writer) (string, error) {
	return "token", w.called("token")
}

func (w *world) Run(_ context.Context, _ Outputs, command []string, out io.Writer) error {
	w.commands = append(w.commands, command)
	_, _ = io.WriteString(out, "its output\n")
	return w.fail["run"]
}

func (w *world) Migrate(ctx context.Context, _ Outputs, _ io.Writer) error {
	if err := w.called("migrate"); err != nil {
		return err
	}
	if w.interrupt != nil {
		w.interrupt()
	}
	return ctx.Err()
}

func (w *world) Scale(context.Context, Outputs, io.Writer) error { return w.called("scale") }

func (w *world) Address(context.Context, Outputs) (string, error) {
	return w.api.URL, w.called("address")
}

func (w *world) Services(context.Context, string) ([]Service, error) {
	return []Service{{Name: "api", TaskDefinition: "fualab-dev-api:7", Rollout: "COMPLETED", Running: 1, Desired: 1}}, nil
}

// serve is the API of whatever runs.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	version := w.answers
	if version == "" {
		version = "v-" + strings.Fields(names(w.running))[0]
	}
	status, body := http.StatusOK, ""
	switch {
	case r.URL.Path == "/":
		body = string(w.page)
	case r.URL.Path == "/health":
		body = fmt.Sprintf(`{"version":%q}`, version)
	case r.URL.Path == "/ready":
		body = `{"schema":{"version":"0005"},"worker":{"status":"ok"}}`
	case r.Header.Get("Authorization") != "Bearer token":
		status = http.StatusUnauthorized
	case r.Method == http.MethodPost:
		status, body = http.StatusCreated, `{"id":7}`
	case r.Method == http.MethodGet:
		body = fmt.Sprintf(`{"id":7,"name":%q}`, "smoke test of "+strings.TrimPrefix(version, "v-"))
	default:
		status = http.StatusNoContent
		_ = w.called("deleted")
	}
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, body)
}

func (w *world) deployment(out io.Writer) *deployment {
	return &deployment{environment: "dev", stack: w, cloud: w, out: out, smoke: time.Millisecond}
}

// TestDeploy: after any failure the earlier release runs again, and is on record.
func TestDeploy(t *testing.T) {
	t.Parallel()
	broken := errors.New("it broke")
	phaseA, phaseB, back := "apply old old new", "apply new new new", "apply old old old"
	tests := []struct {
		name  string
		set   func(w *world)
		do    func(ctx context.Context, d *deployment) error
		calls []string
		says  string // of the error; "" is none
	}{
		{name: "happy", calls: []string{phaseA, "migrate", phaseB, "scale", "address", "deleted", "keep previous old", "keep current new", "record previous old", "record current new"}},
		{
			name: "first release", set: func(w *world) { w.releases["current"], w.running, w.noToken = Release{}, Images{}, true },
			calls: []string{"apply - - new", "migrate", phaseB, "scale", "token", "address", "deleted", "keep previous ", "keep current new", "record current new"},
		},
		{
			name: "first release that fails", set: func(w *world) { w.releases["current"], w.running, w.fail[phaseB] = Release{}, Images{}, broken },
			calls: []string{"apply - - new", "migrate", phaseB, "apply - - new"}, says: "new was not released, no release runs: services: it broke",
		},
		{
			name: "no token", set: func(w *world) { w.noToken, w.fail["token"] = true, broken },
			calls: []string{phaseA, "migrate", phaseB, "scale", "token", back}, says: "smoke test: make its token: it broke",
		},
		{
			name: "released again", do: func(ctx context.Context, d *deployment) error { return d.Deploy(ctx, release("old")) },
			calls: []string{back, "migrate", back, "scale", "address", "deleted", "keep current old", "record current old"},
		},
		{name: "a change beyond a release", set: func(w *world) { w.fail["check"] = broken }, says: "new was not released, and nothing was changed: what would change: it broke"},
		{name: "lock held", set: func(w *world) { w.fail[phaseA] = broken }, calls: []string{phaseA, back}, says: "it broke"},
		{name: "failing migration", set: func(w *world) { w.fail["migrate"] = broken }, calls: []string{phaseA, "migrate", back}, says: "migration: it broke"},
		{name: "bad image", set: func(w *world) { w.fail[phaseB] = broken }, calls: []string{phaseA, "migrate", phaseB, back}, says: "services: it broke"},
		{name: "no address", set: func(w *world) { w.fail["address"] = broken }, calls: []string{phaseA, "migrate", phaseB, "scale", "address", back}, says: "smoke test: it broke"},
		{
			name: "another version answers", set: func(w *world) { w.answers = "v-old" },
			calls: []string{phaseA, "migrate", phaseB, "scale", "address", back}, says: `version "v-old" answers instead of "v-new"`,
		},
		{
			name: "an image that cannot be kept", set: func(w *world) { w.fail["keep current new"] = broken },
			calls: []string{phaseA, "migrate", phaseB, "scale", "address", "deleted", "keep previous old", "keep current new", back}, says: "record: it broke",
		},
		{
			name: "nothing can be put back", set: func(w *world) { w.fail[phaseB], w.fail[back] = broken, errors.New("nor this") },
			calls: []string{phaseA, "migrate", phaseB, back}, says: "run `go tool task rollback ENV=dev RELEASE=old`",
		},
		{
			name: "another deployment meanwhile", set: func(w *world) { w.interrupt = func() { w.releases["current"] = release("third") } },
			calls: []string{phaseA, "migrate", phaseB, "scale", "address", "deleted", "apply third third third"}, says: "another deployment has released third",
		},
		{
			name: "rollback", do: func(ctx context.Context, d *deployment) error { return d.Rollback(ctx, release("older")) },
			calls: []string{"apply older older older", "scale", "address", "deleted", "keep previous old", "keep current older", "record previous old", "record current older"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.set != nil {
				tt.set(w)
			}
			if tt.do == nil {
				tt.do = func(ctx context.Context, d *deployment) error { return d.Deploy(ctx, release("new")) }
			}
			var out bytes.Buffer
			err := tt.do(t.Context(), w.deployment(&out))
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, wanted one that says %q; output:\n%s", err, tt.says, out.String())
			}
			if diff := cmp.Diff(tt.calls, w.calls); diff != "" {
				t.Errorf("calls (-wanted +made):\n%s", diff)
			}
		})
	}
}

// TestClientIsReleasedWithTheServices: after the API has passed, and before the
// record; when anything fails afterwards, the page of before is put back.
func TestClientIsReleasedWithTheServices(t *testing.T) {
	t.Parallel()
	phaseB := []string{"apply old old new", "migrate", "apply new new new", "scale", "address", "deleted"}
	for name, tt := range map[string]struct {
		site  site
		fail  string
		calls []string
		page  string
		says  string
	}{
		"released": {site: site{"index.html": []byte("new")}, calls: []string{"client new", "keep previous old", "keep current new", "record previous old", "record current new"}, page: "new"},
		"none":     {calls: []string{"keep previous old", "keep current new", "record previous old", "record current new"}, page: "old"},
		"half an upload": {site: site{"index.html": []byte("new")}, fail: "client new", says: "web client: it broke",
			calls: []string{"client new", "client old", "apply old old old"}, page: "old"},
		"no record": {site: site{"index.html": []byte("new")}, fail: "record current new", says: "record: it broke", page: "old",
			calls: []string{"client new", "keep previous old", "keep current new", "record previous old", "record current new", "client old", "apply new new new"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client, w.page = &Client{URL: w.api.URL}, []byte("old")
			w.fail[tt.fail] = errors.New("it broke")
			d := w.deployment(io.Discard)
			d.site = tt.site
			wantError(t, d.Deploy(t.Context(), release("new")), tt.says)
			if diff := cmp.Diff(append(phaseB[:len(phaseB):len(phaseB)], tt.calls...), w.calls); diff != "" {
				t.Errorf("calls (-wanted +made):\n%s", diff)
			}
			if string(w.page) != tt.page {
				t.Errorf("the page is %q, wanted %q", w.page, tt.page)
			}
		})
	}
}

// TestTimesFit: a workflow's job, and the session of its role, last longer than
// a deployment and taking it back.
func TestTimesFit(t *testing.T) {
	t.Parallel()
	number := func(file, pattern string) (most time.Duration) {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			n, err := strconv.Atoi(found[1])
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, time.Duration(n))
		}
		return most
	}
	session := number("infra/bootstrap/roles.tf", `max_session_duration = (\d+)`) * time.Second
	for _, workflow := range []string{"cd-deploy.yml", "rollback.yml"} {
		job := number(".github/workflows/"+workflow, `timeout-minutes: (\d+)`) * time.Minute
		asked := number(".github/workflows/"+workflow, `role-duration-seconds: (\d+)`) * time.Second
		// Some minutes are for the steps before it.
		if releaseTimeout+restoreTimeout+5*time.Minute > job || job > asked || asked > session {
			t.Errorf("%s: %s and %s to go back, in a job of %s, whose credentials last %s of %s", workflow, releaseTimeout, restoreTimeout, job, asked, session)
		}
	}
	for _, limit := range []time.Duration{migrateTimeout, settleTimeout, planTimeout} {
		if limit >= releaseTimeout {
			t.Errorf("a step of %s does not fit into %s", limit, releaseTimeout)
		}
	}
}

// TestIdleTimeouts: a load balancer gives a connection up before the API does,
// or a request is answered by 502.
func TestIdleTimeouts(t *testing.T) {
	t.Parallel()
	for file, pattern := range map[string]string{"../terraform-ecs/ingress_alb.tf": `idle_timeout += (\d+) `, "../../shared/httpserver/httpserver.go": `idleTimeout += (\d+) \* time.Minute`} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s has no idle timeout", file)
		}
		n, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		if balancer := strings.HasSuffix(file, ".tf"); balancer && n >= 120 || !balancer && n < 2 {
			t.Errorf("%s: %d", file, n)
		}
	}
}

// TestInterrupted: an interrupted deployment puts the earlier release back, and
// does all of its work when it is run again.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.interrupt = cancel
	if err := w.deployment(io.Discard).Deploy(ctx, release("new")); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("error %v, wanted one that says interrupted", err)
	}
	if got := names(w.running); got != "old old old" {
		t.Errorf("%s runs after the interruption", got)
	}
	w.interrupt = nil
	if err := w.deployment(io.Discard).Deploy(t.Context(), release("new")); err != nil {
		t.Fatal(err)
	}
	if got, now := names(w.running), w.releases["current"].Name; got != "new new new" || now != "new" {
		t.Errorf("%s runs, and %s is on record", got, now)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	const began = "current  old\nprevious no release\napi      1 of 1 tasks, rollout COMPLETED, fualab-dev-api:7\naddress  "
	w := newWorld(t)
	for name, tt := range map[string]struct {
		client *Client
		fail   error
		want   string
	}{
		"the API's":      {want: w.api.URL + "\n"},
		"the client's":   {client: &Client{URL: "https://d1.cloudfront.net"}, want: w.api.URL + ", web client https://d1.cloudfront.net\n"},
		"no task at all": {fail: errors.New("no task of the API runs"), want: "unknown: no task of the API runs\n"},
	} {
		var out bytes.Buffer
		w.client, w.fail["address"] = tt.client, tt.fail
		if err := w.deployment(&out).Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(began+tt.want, out.String()); diff != "" {
			t.Errorf("%s (-wanted +printed):\n%s", name, diff)
		}
	}
}

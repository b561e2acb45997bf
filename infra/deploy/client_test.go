package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// distribution answers CloudFront's invalidations.
func distribution(t *testing.T, a *account, asked *[]string, status int) *account {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if signed := r.Header.Get("Authorization"); !strings.Contains(signed, "/us-east-1/cloudfront/aws4_request") {
			t.Errorf("signed as %q", signed)
		}
		if !strings.Contains(string(body), "<Path>/*</Path>") {
			t.Errorf("asked for %s", body)
		}
		*asked = append(*asked, r.Method+" "+r.URL.Path)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	a.cfg.BaseEndpoint = aws.String(server.URL)
	a.cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
	})
	return a
}

// TestPutClient: pages come after the files they refer to, are asked for each time,
// and can be put back; hashed files are kept for ever.
func TestPutClient(t *testing.T) {
	t.Parallel()
	var calls []string
	there := map[string]string{"index.html": "old", "assets/a-1.js": "old()"}
	m := &memory{
		getObject: func(in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
			text, ok := there[aws.ToString(in.Key)]
			if !ok {
				return nil, &s3types.NoSuchKey{}
			}
			return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(text))}, nil
		},
		putObject: func(in *s3.PutObjectInput) (*s3.PutObjectOutput, error) {
			text, _ := io.ReadAll(in.Body)
			there[aws.ToString(in.Key)] = string(text)
			calls = append(calls, strings.Join([]string{aws.ToString(in.Bucket), aws.ToString(in.Key), aws.ToString(in.ContentType), aws.ToString(in.CacheControl)}, " "))
			return &s3.PutObjectOutput{}, nil
		},
		deleteObject: func(in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
			delete(there, aws.ToString(in.Key))
			return &s3.DeleteObjectOutput{}, nil
		},
	}
	a := distribution(t, m.account(), &calls, http.StatusCreated)
	c := Client{Bucket: "bucket", Distribution: "E1"}
	before, err := a.PutClient(t.Context(), c, site{"index.html": []byte("new"), "assets/a-2.js": []byte("new()"), "icon.svg": []byte("<svg>"), "x.bin": {}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"bucket assets/a-2.js text/javascript; charset=utf-8 public, max-age=31536000, immutable",
		"bucket icon.svg image/svg+xml no-cache", "bucket x.bin application/octet-stream no-cache",
		"bucket index.html text/html; charset=utf-8 no-cache", "POST /2020-05-31/distribution/E1/invalidation",
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("(-wanted +called):\n%s", diff)
	}
	if _, err := a.PutClient(t.Context(), c, before); err != nil {
		t.Fatal(err)
	}
	back := map[string]string{"index.html": "old", "assets/a-1.js": "old()", "assets/a-2.js": "new()"}
	if diff := cmp.Diff(back, there); diff != "" {
		t.Errorf("put back (-wanted +there):\n%s", diff)
	}
}

func TestPutClientFails(t *testing.T) {
	t.Parallel()
	none := func(*s3.GetObjectInput) (*s3.GetObjectOutput, error) { return nil, &s3types.NoSuchKey{} }
	put := answering[s3.PutObjectInput](&s3.PutObjectOutput{})
	page := site{"index.html": []byte("new")}
	for name, tt := range map[string]struct {
		memory memory
		site   site
		says   string
	}{
		"no look":         {memory{}, page, "read index.html: AWS is down"},
		"no upload":       {memory{getObject: none}, page, "upload index.html: AWS is down"},
		"no deletion":     {memory{getObject: none}, site{"index.html": nil}, "delete index.html: AWS is down"},
		"no invalidation": {memory{getObject: none, putObject: put}, page, "invalidate E1: 403 Forbidden"},
	} {
		var asked []string
		_, err := distribution(t, tt.memory.account(), &asked, http.StatusForbidden).PutClient(t.Context(), Client{Distribution: "E1"}, tt.site)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
	}
}

func TestClientIsServed(t *testing.T) {
	t.Parallel()
	looks := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if looks++; looks == 1 {
			w.WriteHeader(http.StatusForbidden) // an empty bucket
		}
		_, _ = io.WriteString(w, "new")
	}))
	defer server.Close()
	c := Client{URL: server.URL}
	if err := c.released(t.Context(), []byte("new"), time.Minute); err != nil {
		t.Error(err)
	}
	wantError(t, c.released(t.Context(), []byte("newer"), time.Millisecond), "another page than the release's answers")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.released(ctx, []byte("newer"), time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestReadSite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got, err := readSite(dir); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "assets"), 0o700), os.WriteFile(filepath.Join(dir, "index.html"), []byte("x"), 0o600), os.WriteFile(filepath.Join(dir, "assets", "a-1.js"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	got, err := readSite(dir)
	if diff := cmp.Diff(site{"index.html": []byte("x"), "assets/a-1.js": {}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

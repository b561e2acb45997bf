package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Client tells where the web client's files go.
type Client struct {
	URL          string `json:"url"`
	Bucket       string `json:"bucket"`
	Distribution string `json:"distribution"`
}

// files is the part of S3 that is used.
type files interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// site is the web client's files, by their paths; a nil one is not there.
type site map[string][]byte

// mostSite bounds one file.
const mostSite = 32 << 20

// readSite reads the files that release:client has taken out of the verified
// image. A directory without index.html has no web client.
func readSite(dir string) (site, error) {
	found := site{}
	root := os.DirFS(dir)
	if _, err := fs.Stat(root, "index.html"); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // a release may have no web client
	}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		found[name], err = fs.ReadFile(root, name)
		return err
	})
	return found, err
}

// immutable reports whether a file's name has the hash of its content, as the
// bundler names the files that it puts into assets.
func immutable(name string) bool { return strings.HasPrefix(name, "assets/") }

// order is that of an upload: the files that a page refers to come before it,
// and index.html, which refers to everything, comes last.
func (s site) order() []string {
	rank := func(name string) int {
		switch {
		case immutable(name):
			return 0
		case name != "index.html":
			return 1
		}
		return 2
	}
	names := slices.Sorted(maps.Keys(s))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// contentTypes are those of the web client's files. The system's table differs
// from one machine to the next.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
	".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json", ".png": "image/png",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
}

// PutClient implements cloud: it uploads files, and has CloudFront forget those
// that keep their names. It returns the old files, so that PutClient can put them
// back. Files with a hash in their name stay for pages that are open.
func (a *account) PutClient(ctx context.Context, c Client, s site) (before site, err error) {
	before = site{}
	for _, name := range s.order() {
		if !immutable(name) {
			if before[name], err = a.object(ctx, c.Bucket, name); err != nil {
				return before, err
			}
		}
		if err := a.putObject(ctx, c.Bucket, name, s[name]); err != nil {
			return before, err
		}
	}
	return before, a.invalidate(ctx, c.Distribution)
}

func (a *account) putObject(ctx context.Context, bucket, name string, text []byte) error {
	if text == nil {
		if _, err := a.files.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(name)}); err != nil {
			return fmt.Errorf("delete %s: %w", name, err)
		}
		return nil
	}
	caching := "no-cache"
	if immutable(name) {
		caching = "public, max-age=31536000, immutable"
	}
	kind := contentTypes[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	_, err := a.files.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(name), Body: bytes.NewReader(text), ContentType: aws.String(kind), CacheControl: aws.String(caching),
	})
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	return nil
}

// object returns a file of the bucket, nil for none.
func (a *account) object(ctx context.Context, bucket, name string) ([]byte, error) {
	got, err := a.files.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(name)})
	var missing *s3types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	text, err := io.ReadAll(io.LimitReader(got.Body, mostSite))
	if text == nil {
		text = []byte{}
	}
	return text, errors.Join(err, got.Body.Close())
}

// released waits until the web client's address answers with a page, which
// takes CloudFront some seconds.
func (c Client) released(ctx context.Context, page []byte, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		err := c.serves(ctx, page)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s: %w", patience, err)
		}
		pause := time.NewTimer(min(smokePause, patience))
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

func (c Client) serves(ctx context.Context, page []byte) error {
	ctx, cancel := context.WithTimeout(ctx, smokeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/", http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, smokeMost))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", c.URL, err)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s", c.URL, res.Status)
	case !bytes.Equal(got, page):
		return fmt.Errorf("%s: another page than the release's answers", c.URL)
	}
	return nil
}

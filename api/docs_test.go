package api_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/internal/apitest"
	"github.com/fualab/fualab/shared/testdb"
)

// loads are the ways in which page, styles and scripts have a browser load
// something; the addresses there must not be on another host.
var loads = regexp.MustCompile(`(?i)(?:` +
	`(?:\bsrc|<link[^>]*\bhref)\s*=\s*["'\x60]?` + // elements
	`|url\(\s*["']?|@import\s*["']` + // styles
	`|\b(?:fetch|import|importScripts|Worker|WebSocket|EventSource)\(\s*["'\x60]` + // scripts
	`|\.open\(\s*["'\x60][A-Z]+["'\x60]\s*,\s*["'\x60]` + // XMLHttpRequest
	`|sourceMappingURL["']?\s*[:=]\s*["'\x60]?` +
	`)\s*((?:[a-z][a-z0-9+.-]*:)?//[^\s"'\x60)>]*)`)

var noValidator = regexp.MustCompile(`validatorUrl"?: *null`)

var assets = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

// TestDocsLoadNothingFromElsewhere reads the page and all that it brings.
func TestDocsLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := apitest.NewHarness(t, testdb.New(t, "sqlite"))
	page := h.Must(200, "GET", "/docs", "").Body
	paths := []string{"/docs", "/openapi.json"}
	for _, found := range assets.FindAllStringSubmatch(page, -1) {
		u, err := url.Parse(found[1])
		if err != nil || u.Host != "" {
			t.Errorf("the page refers to %s, %v", found[1], err)
			continue
		}
		paths = append(paths, (&url.URL{Path: "/docs"}).ResolveReference(u).Path)
	}
	bundles, validates := 0, true
	for _, path := range paths {
		body := h.Must(200, "GET", path, "").Body
		for _, found := range loads.FindAllStringSubmatch(body, -1) {
			if !strings.HasPrefix(found[1], "//#") {
				t.Errorf("%s has a browser load %s: %.80s", path, found[1], found[0])
			}
		}
		if strings.HasSuffix(path, ".js") && len(body) > 100_000 {
			bundles++
		} else if noValidator.MatchString(body) {
			validates = false
		}
	}
	if bundles == 0 || validates {
		t.Errorf("of %v, %d are Swagger UI's scripts; its validator, a picture from elsewhere, is on: %t", paths, bundles, validates)
	}
	// A browser refuses to load addresses that a script makes up while it runs.
	if policy := h.Must(200, "GET", "/docs", "").Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "http") {
		t.Errorf("the policy is %s", policy)
	}
}

// TestLoads proves that it would be found.
func TestLoads(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`<script src="https://cdn.example.com/x.js">`: true, `<link rel="x" href="//cdn.example.com/x.css">`: true,
		`@import "https://x.example"`: true, `a{b:url(https://x.example/y)}`: true, `fetch("https://x.example")`: true,
		`e.open("GET","https://x.example")`: true, `new WebSocket("wss://x.example")`: true,
		`<script src="/docs/x.js">`: false, `<a href="https://example.com">`: false, `"http://www.w3.org/2000/svg"`: false, `url(data:image/png;base64,x)`: false,
	} {
		if got := loads.MatchString(text); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

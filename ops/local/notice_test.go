package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	rec := get(t, &building, "/items/7", nil)
	page := rec.Body.String()
	if rec.Code != http.StatusOK || rec.Header().Get("Cache-Control") != "no-store" || rec.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %d, %v", rec.Code, rec.Header())
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	if style == nil {
		t.Fatalf("no style in\n%s", page)
	}
	sum := sha256.Sum256([]byte(style[1]))
	policy := rec.Header().Get("Content-Security-Policy")
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy %s lacks %s", policy, want)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") {
		t.Error("the page needs more than its policy allows")
	}
	if plain := get(t, &absent, "/", nil).Body.String(); strings.Contains(plain, "refresh") || !strings.Contains(plain, absent.Cure) {
		t.Errorf("without a build: %s", plain)
	}
}

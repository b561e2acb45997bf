package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFindings: a scan that has not ended is awaited, and one that cannot be
// made passes.
func TestFindings(t *testing.T) {
	count := filepath.Join(t.TempDir(), "count")
	calls := fakes(t, map[string]string{"aws": `echo x >>` + count + `
case "$* $(wc -l <` + count + `)" in
*fualab/none*) echo 'ScanNotFoundException' >&2; exit 254 ;;
*fualab/away*) echo 'AccessDeniedException' >&2; exit 254 ;;
*fualab/old*) echo '{"imageScanStatus":{"status":"UNSUPPORTED_IMAGE"}}' ;;
*' 1') echo 'ScanNotFoundException' >&2; exit 254 ;;
*' 2') echo '{"imageScanStatus":{"status":"IN_PROGRESS"}}' ;;
*) echo '{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findings":[{"name":"CVE-1","severity":"HIGH"}]}}' ;;
esac`})
	r := &repository{dir: t.TempDir(), out: t.Output(), pause: time.Millisecond}
	found, err := r.findings(t.Context(), "fualab/api", "sha256:1")
	if err != nil || len(found) != 1 || found[0] != (finding{"CVE-1", "HIGH"}) || strings.Count(calls(), "aws ") != 3 {
		t.Errorf("%v, %v after\n%s", found, err, calls())
	}
	if found, err := r.findings(t.Context(), "fualab/old", "sha256:1"); err != nil || found != nil {
		t.Errorf("%v, %v", found, err)
	}
	for repository, want := range map[string]string{"fualab/none": "does the repository scan on push?", "fualab/away": "AccessDenied"} {
		if _, err := r.findings(t.Context(), repository, "sha256:1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", repository, err, want)
		}
	}
}

func TestAcceptedFindings(t *testing.T) {
	t.Parallel()
	r := &repository{dir: t.TempDir(), out: t.Output(), now: func() time.Time { return day }}
	accept := func(text string) ([]string, error) {
		if err := os.WriteFile(r.path("accepted"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return r.acceptedFindings("accepted")
	}
	got, err := accept("# why\n\nCVE-1 2026-12-01 no fix yet\nCVE-2 2026-11-30 too late\n")
	if err != nil || strings.Join(got, " ") != "CVE-1" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"CVE-1 2026-12-01\n", "CVE-1 soon no fix yet\n"} {
		if got, err := accept(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
	if _, err := (&repository{dir: "../.."}).acceptedFindings("ops/release/accepted-findings.txt"); err != nil {
		t.Error(err)
	}
}

// TestPlatformsOfAnIndex: ECR scans images, not the index over them.
func TestPlatformsOfAnIndex(t *testing.T) {
	t.Parallel()
	in, err := newImages(newRegistry(t), "api")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := push(t, make(map[string]int))(t.Context(), in, "api", source{version: "main-1"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := platformsOf(t.Context(), in.repository.Digest(digest))
	if err != nil || len(got) != 2 || got[0] == digest || got[0] == got[1] {
		t.Errorf("%q, %v", got, err)
	}
	if got, err = platformsOf(t.Context(), in.repository.Digest(got[0])); err != nil || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

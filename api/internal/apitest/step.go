package apitest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Step is one request of the contract, and the answer that it must get.
type Step struct {
	Name    string
	Method  string
	Path    string
	Body    string
	Headers []string
	Status  int
	Want    string   // a part of the body, "" for any
	Answers []string // header lines of the answer
}

// Header lines of requests and responses.
const (
	ProblemJSON = "Content-Type: application/problem+json"
	MergePatch  = "Content-Type: application/merge-patch+json"
)

// Padded is JSON with blanks after it, n bytes in all.
func Padded(text string, n int) string { return text + strings.Repeat(" ", n-len(text)) }

// Compare sends steps to both and wants the same answers, whole.
func Compare(t *testing.T, lite, post *Harness, steps []Step) {
	t.Helper()
	for _, s := range steps {
		headers := append(slices.Clone(s.Headers), "X-Request-Id: fixed")
		a, b := lite.Do(s.Method, s.Path, s.Body, headers...), post.Do(s.Method, s.Path, s.Body, headers...)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: answers differ (-sqlite +postgres):\n%s", s.Name, diff)
		}
	}
}

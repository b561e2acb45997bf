package api_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/api/internal/apitest"
)

// TestOpenAPIIsStored holds api/openapi.json to the code: a change of the
// interface shows in a review.
func TestOpenAPIIsStored(t *testing.T) {
	t.Parallel()
	got, err := apitest.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("api/openapi.json is stale; `go tool task generate` writes it (-stored +made):\n%s", diff)
	}
}

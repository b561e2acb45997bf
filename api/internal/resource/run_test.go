package resource_test

import (
	"net/http"
	"testing"

	"github.com/fualab/fualab/api/internal/resource/resourcetest"
)

func TestThings(t *testing.T) {
	resourcetest.Run(t, resourcetest.Things(), resourcetest.Tables(resourcetest.CreateTables))
}

func TestParts(t *testing.T) {
	resourcetest.Run(t, resourcetest.Parts(), resourcetest.Tables(resourcetest.CreateTables), resourcetest.Values(
		func(t testing.TB, s *resourcetest.Server) map[string]any {
			t.Helper()
			row := s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "whole"}).Row(t)
			return map[string]any{"thing_id": row["id"], "spare_id": nil}
		}, resourcetest.Of(resourcetest.Things())))
}

package resourcetest

import (
	"net/http"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// files exports all rows, deletes them, imports the file, and exports again. Without an import it counts the rows.
func (s *suite) files() {
	for n := range 12 {
		s.create(n)
	}
	for _, format := range []string{"csv", "ndjson"} {
		s.Events()
		export := s.o.Path + "/export?format=" + format
		file := s.Want(http.StatusOK, http.MethodGet, export, nil)
		if s.unread {
			if lines, head := strings.Count(file.Body, "\n"), map[string]int{"csv": 1}[format]; lines != head+12 {
				s.Errorf("%s: %d lines for 12 rows: %s", format, lines, file.Body)
			}
			continue
		}
		for _, row := range s.list("") {
			s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil)
		}
		media := map[string]string{"csv": "text/csv", "ndjson": "application/x-ndjson"}[format]
		got := s.Want(http.StatusOK, http.MethodPost, s.o.Path+"/import?format="+format, file.Body, "Content-Type", media)
		if !strings.Contains(got.Body, `"inserted":12,"updated":0,"unchanged":0`) {
			s.Errorf("%s: %s", format, got.Body)
		}
		if diff := cmp.Diff(file.Body, s.Want(http.StatusOK, http.MethodGet, export, nil).Body); diff != "" {
			s.Errorf("%s (-first +second):\n%s", format, diff)
		}
		if len(s.own) > 0 {
			got := s.Want(http.StatusOK, http.MethodPost, s.o.Path+"/import?mode=upsert&format="+format, file.Body, "Content-Type", media)
			if !strings.Contains(got.Body, `"inserted":0,"updated":0,"unchanged":12`) {
				s.Errorf("%s, a second time: %s", format, got.Body)
			}
		}
		broken := s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path+"/import?format=ndjson", "{\n", "Content-Type", media)
		if !strings.Contains(broken.Body, "Line 1: ") {
			s.Errorf("%s: %s", format, broken.Body)
		}
	}
}

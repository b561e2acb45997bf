package resourcetest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/events"
	"github.com/fualab/fualab/shared/testwait"
)

// together does f n times at once, and returns how often each status came.
func (s *suite) together(n int, f func(i int) *Response) map[int]int {
	statuses := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { statuses[i] = f(i).Status })
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	return count
}

func (s *suite) races() {
	row := s.create(1)
	tag := s.Want(http.StatusOK, http.MethodGet, s.at(row), nil).Header.Get("ETag")
	other := Serve(s, s.db, s.all...)
	got := s.together(8, func(i int) *Response {
		process := s.Server
		if i%2 == 0 {
			process = other
		}
		return process.Do(http.MethodPatch, s.at(row), map[string]any{}, "If-Match", tag)
	})
	if diff := cmp.Diff(map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: 7}, got); diff != "" {
		s.Errorf("changes of one version (-want +got):\n%s", diff)
	}
	if version := s.Want(http.StatusOK, http.MethodGet, s.at(row), nil, "Cache-Control", "no-cache").Row(s)["version"]; version != 2.0 {
		s.Errorf("version %v", version)
	}
	got = s.together(8, func(int) *Response { return s.Do(http.MethodPatch, s.at(row), map[string]any{}) })
	if got[http.StatusOK] != 8 {
		s.Errorf("changes without a precondition: %v", got)
	}
	if version := s.Want(http.StatusOK, http.MethodGet, s.at(row), nil, "Cache-Control", "no-cache").Row(s)["version"]; version != 10.0 {
		s.Errorf("version %v after 9 changes", version)
	}
}

func (s *suite) keys() {
	other := Serve(s, s.db, s.all...)
	post := func(i int) *Response {
		process := s.Server
		if i%2 == 0 {
			process = other
		}
		return process.Do(http.MethodPost, s.o.Path, s.sample(1), "Idempotency-Key", "k1")
	}
	got := s.together(8, post)
	if got[http.StatusCreated] == 0 || got[http.StatusCreated]+got[http.StatusConflict]+got[http.StatusServiceUnavailable] != 8 {
		s.Errorf("requests with one key: %v", got)
	}
	replay := post(1)
	if replay.Status != http.StatusCreated || replay.Header.Get("Idempotent-Replayed") != "true" {
		s.Errorf("replay: %+v", replay)
	}
	if rows := s.list(""); len(rows) != 1 {
		s.Errorf("%d rows", len(rows))
	}
	s.Want(http.StatusUnprocessableEntity, http.MethodPost, s.o.Path, s.sample(2), "Idempotency-Key", "k1")
	if all := append(s.Events(), other.Events()...); len(all) != 1 {
		s.Errorf("%d events of one effect: %v", len(all), all)
	}
}

func (s *suite) unique() {
	for _, member := range s.own {
		if _, written := s.component("Create").Properties[member]; !written {
			continue
		}
		first := s.sample(1)
		clash := s.sample(2)
		clash[member] = first[member]
		row := s.Want(http.StatusCreated, http.MethodPost, s.o.Path, first).Row(s)
		holds := func(r *Response) {
			s.Helper()
			if !strings.Contains(r.Body, `"pointer":"#/`+member+`"`) || !strings.Contains(r.Body, "Another "+s.o.Name+" has this "+member) {
				s.Errorf("the conflict does not name %s: %s", member, r.Body)
			}
			filtered := slices.ContainsFunc(s.parameters(), func(p *huma.Param) bool { return p.Name == member })
			if strings.Contains(r.Body, "GET "+s.o.Path+"?"+member+"= finds it") != filtered {
				s.Errorf("a filter by %s: %t; the conflict: %s", member, filtered, r.Body)
			}
		}
		holds(s.Want(http.StatusConflict, http.MethodPost, s.o.Path, clash))
		third := s.create(3)
		holds(s.Want(http.StatusConflict, http.MethodPatch, s.at(third), map[string]any{member: first[member]}))
		s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil)
		got := s.together(6, func(int) *Response { return s.Do(http.MethodPost, s.o.Path, clash) })
		if diff := cmp.Diff(map[int]int{http.StatusCreated: 1, http.StatusConflict: 5}, got); diff != "" {
			s.Errorf("rows with one %s at once (-want +got):\n%s", member, diff)
		}
		s.Want(http.StatusConflict, http.MethodPost, s.at(row)+"/restore", nil)
		s.Want(http.StatusConflict, http.MethodPost, s.o.Path+"/batch", []any{s.sample(4), clash})
		for _, row := range s.list("") {
			s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil)
		}
	}
}

func (s *suite) processes() {
	other := Serve(s, s.db, s.all...)
	other.Watch(s.Server)
	kind := strings.ReplaceAll(s.o.Plural, " ", "-")
	row := s.create(1)
	id := int64(row["id"].(float64))
	told := func(what string) {
		s.Helper()
		all := s.Events()
		if len(all) != 1 || all[0].Type != events.Type(kind+"."+what) || !slices.Equal(all[0].IDs, []int64{id}) || all[0].Count != 1 {
			s.Errorf("events %v, want %s.%s of %d", all, kind, what, id)
		}
	}
	told("created")
	see := func() string {
		page := other.Want(http.StatusOK, http.MethodGet, s.o.Path, nil)
		one := other.Do(http.MethodGet, s.at(row), nil)
		return page.Body + one.Header.Get("ETag")
	}
	before := see()
	if again := see(); again != before {
		s.Errorf("unchanged: %s, then %s", before, again)
	}
	s.Want(http.StatusOK, http.MethodPatch, s.at(row), map[string]any{})
	told("updated")
	if after := see(); after == before {
		s.Errorf("updated: the other process still shows %s", before)
	}
	s.Want(http.StatusNoContent, http.MethodDelete, s.at(row), nil)
	told("deleted")
	if page := other.Want(http.StatusOK, http.MethodGet, s.o.Path, nil); len(page.Rows(s)) != 0 {
		s.Errorf("deleted: the other process still shows %s", page.Body)
	}
	other.Want(http.StatusNotFound, http.MethodGet, s.at(row), nil)
	s.Want(http.StatusOK, http.MethodPost, s.at(row)+"/restore", nil)
	told("restored")
	other.Want(http.StatusOK, http.MethodGet, s.at(row), nil)
}

// staleness holds a process that no event reaches to the age that the cache promises.
func (s *suite) staleness() {
	other := Serve(s, s.db, s.all...)
	row := s.create(1)
	s.Want(http.StatusOK, http.MethodGet, s.at(row), nil)
	other.Want(http.StatusOK, http.MethodGet, s.at(row), nil)
	other.Want(http.StatusOK, http.MethodGet, s.o.Path, nil)
	s.Want(http.StatusOK, http.MethodPatch, s.at(row), map[string]any{})
	testwait.Pass(s, time.Second)
	if version := other.Want(http.StatusOK, http.MethodGet, s.at(row), nil).Row(s)["version"]; version != 2.0 {
		s.Errorf("version %v a second after the change", version)
	}
	if rows := other.Want(http.StatusOK, http.MethodGet, s.o.Path, nil).Rows(s); rows[0]["version"] != 2.0 {
		s.Errorf("a page has %v a second after the change", rows)
	}
}

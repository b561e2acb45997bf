package resourcetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
)

// paging walks each sort forward and back, while other rows come and go.
func (s *suite) paging() {
	const rows = 25
	for n := range rows {
		s.create(n)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 1000; ; n++ {
			select {
			case <-stop:
				return
			default:
				if r := s.Want(http.StatusCreated, http.MethodPost, s.o.Path, s.sample(n)); r.Status == http.StatusCreated {
					s.Want(http.StatusNoContent, http.MethodDelete, r.Header.Get("Location"), nil)
				}
			}
		}
	}()
	for _, sort := range s.sorts() {
		want := slices.DeleteFunc(ids(s.list("sort="+sort)), func(id float64) bool { return !s.stays(id, rows) })
		first := s.o.Path + "?limit=4&sort=" + sort
		forth, last := s.walk(first, "next", rows)
		if diff := cmp.Diff(want, slices.Concat(forth...)); diff != "" {
			s.Errorf("%s forward (-want +got):\n%s", sort, diff)
		}
		back, _ := s.walk(last, "prev", rows)
		slices.Reverse(back)
		if diff := cmp.Diff(want, slices.Concat(back...)); diff != "" {
			s.Errorf("%s back (-want +got):\n%s", sort, diff)
		}
	}
	close(stop)
	<-done
}

// stays reports whether an id is one of the first rows.
func (s *suite) stays(id float64, rows int) bool { return id <= float64(rows) }

// walk follows links, and returns the ids of each page that stay, and the last page that has some.
func (s *suite) walk(path, rel string, rows int) (pages [][]float64, last string) {
	for range 500 {
		r := s.Want(http.StatusOK, http.MethodGet, path, nil)
		if some := slices.DeleteFunc(ids(r.Rows(s)), func(id float64) bool { return !s.stays(id, rows) }); len(some) > 0 {
			pages, last = append(pages, some), path
		}
		if path = linkOf(r.Header, rel); path == "" {
			return pages, last
		}
	}
	s.Fatal("the pages do not end")
	return nil, ""
}

func linkOf(h http.Header, rel string) string {
	for _, link := range h.Values("Link") {
		if target, parameters, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">"); ok && strings.Contains(parameters, `rel="`+rel+`"`) {
			return target
		}
	}
	return ""
}

// filters holds each filter to the rows that a client would choose by itself.
func (s *suite) filters() {
	for n := range 20 {
		s.create(n)
	}
	all := s.list("")
	for _, p := range s.parameters() {
		if slices.Contains([]string{"limit", "cursor", "sort", "total"}, p.Name) {
			continue
		}
		member, keeps := s.filter(p.Name)
		for _, value := range []any{all[0][member], all[7][member], all[19][member]} {
			if value == nil {
				continue
			}
			query := url.Values{p.Name: {text(value)}}
			if p.Name == "q" {
				query.Set("q", strings.ToUpper(text(value)))
			}
			var want []float64
			for _, row := range all {
				if keeps(row, value) {
					want = append(want, row["id"].(float64))
				}
			}
			r := s.Want(http.StatusOK, http.MethodGet, s.o.Path+"?total=true&limit=1000&"+query.Encode(), nil)
			if diff := cmp.Diff(want, ids(r.Rows(s)), cmp.Transformer("nil", func(ids []float64) []float64 { return append([]float64{}, ids...) })); diff != "" {
				s.Errorf("%v (-want +got):\n%s", query, diff)
			}
			if got := r.Header.Get("X-Total-Count"); got != fmt.Sprint(len(want)) {
				s.Errorf("%v: X-Total-Count is %q, want %d", query, got, len(want))
			}
		}
	}
}

// filter returns the member of a parameter, and the condition of the parameter.
func (s *suite) filter(name string) (member string, keeps func(row map[string]any, value any) bool) {
	read := s.component("")
	if _, ok := read.Properties[name]; ok {
		return name, func(row map[string]any, value any) bool { return row[name] == value }
	}
	if name == "q" {
		description := s.API.Document().Paths[s.o.Path].Get.Parameters
		i := slices.IndexFunc(description, func(p *huma.Param) bool { return p.Name == "q" })
		var searched []string
		for member := range read.Properties {
			if strings.Contains(strings.NewReplacer(",", " ").Replace(description[i].Description+" "), " "+member+" ") && read.Properties[member].Type == huma.TypeString {
				searched = append(searched, member)
			}
		}
		slices.Sort(searched)
		return searched[0], func(row map[string]any, value any) bool {
			return slices.ContainsFunc(searched, func(member string) bool {
				found, _ := row[member].(string)
				return strings.Contains(found, value.(string))
			})
		}
	}
	cut := strings.LastIndexByte(name, '_')
	member = name[:cut]
	if _, ok := read.Properties[member]; !ok {
		member += "_at"
	}
	compare := map[string]func(int) bool{
		"after": func(c int) bool { return c > 0 }, "before": func(c int) bool { return c < 0 },
		"min": func(c int) bool { return c >= 0 }, "max": func(c int) bool { return c <= 0 },
	}[name[cut+1:]]
	if compare == nil {
		s.Fatalf("no way to check the parameter %s", name)
	}
	return member, func(row map[string]any, value any) bool {
		if row[member] == nil {
			return false
		}
		if n, ok := row[member].(float64); ok {
			return compare(cmp3(n, value.(float64)))
		}
		return compare(strings.Compare(row[member].(string), value.(string)))
	}
}

func cmp3(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func text(value any) string {
	if n, ok := value.(float64); ok {
		return fmt.Sprintf("%g", n)
	}
	return fmt.Sprint(value)
}

func (s *suite) queries() {
	s.create(1)
	s.create(2)
	next := linkOf(s.Want(http.StatusOK, http.MethodGet, s.o.Path+"?limit=1", nil).Header, "next")
	for query, parameter := range map[string]string{
		"?limit=0": "limit", "?limit=1001": "limit", "?limit=x": "limit", "?cursor=x": "cursor", "?sort=extra": "sort", "?total=x": "total",
		"?unheard=1": "unheard", "?q=%00": "q", "?created_after=yesterday": "created_after",
		"?" + strings.SplitN(next, "?", 2)[1] + "&created_after=2000-01-01T00:00:00Z": "cursor",
	} {
		if parameter == "q" && !slices.ContainsFunc(s.parameters(), func(p *huma.Param) bool { return p.Name == "q" }) {
			continue
		}
		r := s.Want(http.StatusUnprocessableEntity, http.MethodGet, s.o.Path+query, nil)
		if !strings.Contains(r.Body, `"parameter":"`+parameter+`"`) {
			s.Errorf("%s: no fault of %s: %s", query, parameter, r.Body)
		}
	}
}

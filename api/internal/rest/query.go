package rest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"github.com/fualab/fualab/shared/errs"
)

// strictQuery refuses a query string that net/http would read only partly. With
// a broken escape or a semicolon, url.Values lacks that parameter. Of a
// repeated parameter, a handler sees the first only. Without dry_run or a
// filter, it would be a different request. The API's document marks the
// parameters that are lists.
func strictQuery(document *huma.OpenAPI) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				next.ServeHTTP(w, r)
				return
			}
			query, err := url.ParseQuery(r.URL.RawQuery)
			if err != nil {
				writeProblem(w, problemOf(r.Context(), errs.New(errs.Malformed,
					"The query string cannot be read. Write % as %25 and ; as %3B, and join parameters by &.")))
				return
			}
			if faults := repeated(query, listsOf(document, r)); len(faults) > 0 {
				writeProblem(w, problemOf(r.Context(), errs.InvalidFields(faults...)))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// repeated lists the repeated parameters that are not lists.
func repeated(query url.Values, lists []string) []errs.Field {
	var faults []errs.Field
	for name, values := range query {
		if len(values) > 1 && !slices.Contains(lists, name) {
			faults = append(faults, errs.Field{In: "query", Pointer: name, Message: "must be given once"})
		}
	}
	slices.SortFunc(faults, func(a, b errs.Field) int { return cmp.Compare(a.Pointer, b.Pointer) })
	return faults
}

// listsOf returns the names of the list parameters of r's operation.
func listsOf(document *huma.OpenAPI, r *http.Request) []string {
	pattern, err := mux.CurrentRoute(r).GetPathTemplate()
	if err != nil || document.Paths[pattern] == nil {
		return nil
	}
	var op *huma.Operation
	switch r.Method {
	case http.MethodGet:
		op = document.Paths[pattern].Get
	case http.MethodPost:
		op = document.Paths[pattern].Post
	}
	if op == nil {
		return nil
	}
	var lists []string
	for _, p := range op.Parameters {
		if p.In == "query" && p.Schema != nil && p.Schema.Type == huma.TypeArray {
			lists = append(lists, p.Name)
		}
	}
	return lists
}

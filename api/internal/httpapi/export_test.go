package httpapi

import (
	"log/slog"

	"github.com/gorilla/mux"
)

// Routes returns each method and path that the router knows, such as
// "GET /api/items/{id}".
func Routes() ([]string, error) {
	var routes []string
	router, _ := route(Deps{Log: slog.New(slog.DiscardHandler)}, &itemHandlers{}, nil)
	err := router.Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := r.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := r.GetMethods()
		for _, method := range methods {
			routes = append(routes, method+" "+path)
		}
		return err
	})
	return routes, err
}

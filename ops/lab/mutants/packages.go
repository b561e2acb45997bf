package main

import "fmt"

// target is a package to mutate. Its directory is relative to the repository.
type target struct {
	dir string
	// users are packages whose tests run when the package's own tests do not
	// notice a mutant: the cheapest first.
	users []string
}

// targets are the packages to mutate. Tests that start a program of their own
// building see no mutant, so those packages are no users.
var targets = []target{
	{"shared/cron", []string{"worker/internal/schedule", "api"}},
	{"shared/model", []string{"shared/items", "api/internal/items", "worker/internal/items", "api"}},
	{"shared/rowfile", []string{"shared/items", "worker/internal/items"}},
	{"shared/imports", []string{"worker/internal/items", "api"}},
	{"shared/items", []string{"worker/internal/items", "api"}},
	{"shared/httpserver", []string{"shared/telemetry", "worker/internal/httpapi", "api/internal/rest", "api"}},
	{"shared/database", []string{"shared/telemetry", "api/internal/items", "api"}},
	{"api/internal/tx", []string{"api/internal/idempotency", "api/internal/items", "api"}},
	{"api/internal/idempotency", []string{"api"}},
	{"api/internal/rest", []string{"api"}},
	{"api/internal/keyset", []string{"api/internal/items", "api"}},
	{"api/internal/console", []string{"api"}},
	{"api/internal/items", []string{"api/internal/backup", "api"}},
	{"api/internal/cache", []string{"api"}},
	{"api/internal/limit", []string{"api"}},
	{"api/internal/live", []string{"api"}},
	{"api/internal/auth", []string{"api/internal/auth/oidc", "api"}},
	{"worker/internal/schedule", []string{"worker"}},
	{"worker/internal/runner", []string{"worker/internal/metrics", "worker"}},
	{"worker/internal/items", []string{"worker"}},
	{"worker/internal/prune", nil},
	{"infra/deploy", nil},
}

// choosePackages returns the targets with the given names, or all without one.
func choosePackages(names []string) ([]target, error) {
	if len(names) == 0 {
		return targets, nil
	}
	var chosen []target
	for _, name := range names {
		t, ok := findTarget(name)
		if !ok {
			return nil, fmt.Errorf("package %q is not in the table of packages.go", name)
		}
		chosen = append(chosen, t)
	}
	return chosen, nil
}

func findTarget(name string) (target, bool) {
	for _, t := range targets {
		if t.dir == name {
			return t, true
		}
	}
	return target{}, false
}

func withoutUsers(all []target) []target {
	own := make([]target, len(all))
	for i, t := range all {
		own[i].dir = t.dir
	}
	return own
}

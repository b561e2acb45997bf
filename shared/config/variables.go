package config

import (
	"reflect"
	"slices"
	"strings"
)

// Names lists all variables of the platform and the product, sorted. Services
// may share an environment file, so each needs the names of the others to find
// typos. A test in ops compares the list with the services' structs.
var Names = slices.Sorted(slices.Values(slices.Concat(platformNames, productNames)))

// platformNames lists the variables of the platform.
var platformNames = []string{
	"FUALAB_API_ADDR",
	"FUALAB_API_ADMIN_ADDR",
	"FUALAB_API_PORT",
	"FUALAB_API_PROXY_ADDR",
	"FUALAB_API_UPSTREAM",
	"FUALAB_AUTH",
	"FUALAB_BUILD_CLIENT",
	"FUALAB_CACHE_BYTES",
	"FUALAB_CORS_ORIGINS",
	"FUALAB_DATABASE_CA",
	"FUALAB_DATABASE_MAX_CONNS",
	"FUALAB_DATABASE_PASSWORD",
	"FUALAB_DATABASE_PORT",
	"FUALAB_DATABASE_URL",
	"FUALAB_DATABASE_WAIT_SECONDS",
	"FUALAB_DATA_DIR",
	"FUALAB_DOCS",
	"FUALAB_DOMAIN",
	"FUALAB_EMF_ENVIRONMENT",
	"FUALAB_ENV",
	"FUALAB_FRONTEND_ADDR",
	"FUALAB_FRONTEND_PORT",
	"FUALAB_GRAFANA_PORT",
	"FUALAB_HEARTBEAT_INTERVAL_SECONDS",
	"FUALAB_HEARTBEAT_KEY",
	"FUALAB_HEARTBEAT_TTL_SECONDS",
	"FUALAB_HOSTS",
	"FUALAB_IMPORT_MAX_BYTES",
	"FUALAB_JOBS_PORT",
	"FUALAB_JOBS_UI",
	"FUALAB_LOG_LEVEL",
	"FUALAB_MIGRATE_DATABASE_URL",
	"FUALAB_MIGRATE_ON_START",
	"FUALAB_OIDC_AUDIENCE",
	"FUALAB_OIDC_ISSUER",
	"FUALAB_OIDC_SCOPE_CLAIM",
	"FUALAB_RATE_BURST",
	"FUALAB_RATE_LIMIT",
	"FUALAB_REDIS_PORT",
	"FUALAB_REDIS_PREFIX",
	"FUALAB_REDIS_URL",
	"FUALAB_RUN_RETENTION_DAYS",
	"FUALAB_SERVICE_DATABASE_PASSWORD",
	"FUALAB_SERVICE_NAME",
	"FUALAB_SHUTDOWN_DELAY_SECONDS",
	"FUALAB_SHUTDOWN_TIMEOUT_SECONDS",
	"FUALAB_SLOW_QUERY_MILLISECONDS",
	"FUALAB_TRUSTED_PROXIES",
	"FUALAB_UPSTREAM_HOST",
	"FUALAB_UPSTREAM_PORT",
	"FUALAB_WORKER_ADDR",
	"FUALAB_WORKER_ADMIN_ADDR",
	"FUALAB_WORKER_CONCURRENCY",
}

// Variable describes one setting, as its struct field's tags declare it.
type Variable struct {
	Name    string // FUALAB_…
	Default string // "" for none
	Doc     string // the `doc` tag: meaning and unit
	Sample  string // the `example` tag: a working value
	field   string
}

// Example is the part of a message that shows a working value.
func (v Variable) Example() string {
	if v.Sample == "" {
		return "see .env.example"
	}
	return "set it, for example, to " + v.Sample
}

// Variables lists the settings of t, a configuration struct, in field order;
// embedded structs included.
func Variables(t reflect.Type) []Variable {
	var vs []Variable
	for f := range t.Fields() {
		if f.Anonymous {
			vs = append(vs, Variables(f.Type)...)
			continue
		}
		tag, ok := f.Tag.Lookup("env")
		if !ok || tag == "-" {
			continue
		}
		name, _, _ := strings.Cut(tag, ",")
		vs = append(vs, Variable{
			Name:    Prefix + name,
			Default: f.Tag.Get("envDefault"),
			Doc:     f.Tag.Get("doc"),
			Sample:  f.Tag.Get("example"),
			field:   f.Name,
		})
	}
	return vs
}

// nearest returns the known name that is at most three edits from name.
func nearest(name string, known []string) string {
	best, found := 4, ""
	for _, k := range known {
		if d := distance(name, k); d < best {
			best, found = d, k
		}
	}
	return found
}

// distance is the Levenshtein distance: insertions, deletions and
// substitutions.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

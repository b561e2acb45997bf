// Package localconfig reads the settings of the local runner: its own, and
// those of the services it runs, with defaults that suit one machine.
package localconfig

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/worker"
)

// Config is what the local runner reads itself. What has no doc tag means the
// same as in the services; the unset tag says, for the documentation, what
// the runner does without the variable.
type Config struct {
	APIAddr      config.Addr        `env:"API_ADDR" envDefault:"127.0.0.1:8000"`
	WorkerAddr   config.Addr        `env:"WORKER_ADDR" envDefault:"127.0.0.1:8001"`
	FrontendAddr config.Addr        `env:"FRONTEND_ADDR" envDefault:"127.0.0.1:8080" doc:"where the web client is served: host:port, port 0 any free one (local); :port (frontend)"`
	DataDir      string             `env:"DATA_DIR" envDefault:".data" doc:"directory of the local runner's database and log; a relative one begins where the runner is started"`
	BuildClient  bool               `env:"BUILD_CLIENT" envDefault:"true" doc:"whether the local runner builds the web client with npm when it is missing or older than its sources"`
	DatabaseURL  config.DatabaseURL `env:"DATABASE_URL" unset:"SQLite in FUALAB_DATA_DIR"`
	RedisURL     config.RedisURL    `env:"REDIS_URL" unset:"embedded"`
}

// Database returns the database to use: the one that is set, or a file in
// the data directory.
func (c Config) Database() config.DatabaseURL {
	return cmp.Or(c.DatabaseURL, database.SQLiteURL(filepath.Join(c.DataDir, "fualab.db")))
}

// Settings is everything that the local runner needs. The services have no
// Log, Listener or embedded Redis yet.
type Settings struct {
	Local  Config
	API    api.Config
	Worker worker.Config
}

// Load reads all settings from environ. The error is a *config.Error with the
// faults of every part, each once.
func Load(environ []string) (Settings, error) {
	local, err := config.Load[Config](environ)
	faults := config.FaultsOf(err)
	// An empty value counts as unset, so what was refused is read as it was
	// and found wrong again.
	environ = slices.Concat(environ, []string{
		"FUALAB_API_ADDR=" + string(local.APIAddr),
		"FUALAB_WORKER_ADDR=" + string(local.WorkerAddr),
	})
	if local.DatabaseURL == "" {
		// Before what is set, which wins and may have been refused.
		environ = slices.Insert(environ, 0, "FUALAB_DATABASE_URL="+local.Database().Reveal())
	}
	s := Settings{Local: local}
	s.API, err = config.Load[api.Config](environ)
	faults = append(faults, config.FaultsOf(err)...)
	s.Worker, err = config.Load[worker.Config](environ)
	faults = append(faults, config.FaultsOf(err)...)
	if s.API.Auth == "" && s.API.Env != config.Development && !local.FrontendAddr.Loopback() {
		s.API.Auth = config.On // the web client's address leads to the API
	}
	if len(faults) == 0 {
		return s, nil
	}
	slices.SortFunc(faults, func(a, b config.Fault) int {
		return cmp.Or(cmp.Compare(a.Variable, b.Variable), cmp.Compare(a.Message, b.Message))
	})
	return s, &config.Error{Faults: slices.Compact(faults)}
}

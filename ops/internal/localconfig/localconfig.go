// Package localconfig reads the settings of the local runner: its own, and
// those of its services, with defaults for one machine.
package localconfig

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/worker"
)

// Config has the runner's own settings. A field without a doc tag has the
// meaning that it has in the services. The unset tag documents the behaviour
// without the variable.
type Config struct {
	APIAddr      config.Addr        `env:"API_ADDR" envDefault:"127.0.0.1:8000"`
	WorkerAddr   config.Addr        `env:"WORKER_ADDR" envDefault:"127.0.0.1:8001"`
	FrontendAddr config.Addr        `env:"FRONTEND_ADDR" envDefault:"127.0.0.1:8080" doc:"where the web client is served: host:port, port 0 any free one (local); :port (frontend)"`
	DataDir      string             `env:"DATA_DIR" envDefault:".data" doc:"directory of the local runner's database and log; a relative one begins where the runner is started"`
	BuildClient  bool               `env:"BUILD_CLIENT" envDefault:"true" doc:"whether the local runner builds the web client with npm when it is missing or older than its sources"`
	DatabaseURL  config.DatabaseURL `env:"DATABASE_URL" unset:"SQLite in FUALAB_DATA_DIR"`
	RedisURL     config.RedisURL    `env:"REDIS_URL" unset:"embedded"`
	RedisPort    uint16             `env:"REDIS_PORT" envDefault:"6379" doc:"port of this machine for Redis: of the one that the local runner embeds, 0 for any free one; of the one that Docker Compose publishes"`
}

// Database returns the configured database, or a file in the data directory.
func (c Config) Database() config.DatabaseURL {
	return cmp.Or(c.DatabaseURL, database.SQLiteURL(filepath.Join(c.DataDir, "fualab.db")))
}

// services returns environ with the addresses and the database that c gives to the services.
func (c Config) services(environ []string) []string {
	// An empty value counts as unset. A refused value is read again and refused again.
	environ = slices.Concat(environ, []string{
		"FUALAB_API_ADDR=" + string(c.APIAddr),
		"FUALAB_WORKER_ADDR=" + string(c.WorkerAddr),
	})
	if c.DatabaseURL == "" {
		// The first value of a variable loses, so a refused one stays refused.
		environ = slices.Insert(environ, 0, "FUALAB_DATABASE_URL="+c.Database().Reveal())
	}
	return environ
}

// Environ returns environ for a command of the API that works on the platform of the local runner: on its database,
// and on its embedded Redis where FUALAB_REDIS_URL names no other. The error is a *config.Error.
func Environ(environ []string) ([]string, error) {
	local, err := config.Load[Config](environ)
	if err != nil {
		return nil, err
	}
	environ = local.services(environ)
	if local.RedisURL == "" && local.RedisPort != 0 {
		environ = append(environ, fmt.Sprintf("FUALAB_REDIS_URL=redis://127.0.0.1:%d", local.RedisPort))
	}
	return environ, nil
}

// Settings has all settings of the local runner. The services have no Log,
// Listener or embedded Redis yet.
type Settings struct {
	Local  Config
	API    api.Config
	Worker worker.Config
}

// Load reads all settings from environ. The error is a *config.Error with the
// faults of all parts, each once.
func Load(environ []string) (Settings, error) {
	local, err := config.Load[Config](environ)
	faults := config.FaultsOf(err)
	environ = local.services(environ)
	s := Settings{Local: local}
	s.API, err = config.Load[api.Config](environ)
	faults = append(faults, config.FaultsOf(err)...)
	s.Worker, err = config.Load[worker.Config](environ)
	faults = append(faults, config.FaultsOf(err)...)
	if s.API.Auth == "" && !local.FrontendAddr.Loopback() {
		if s.API.Env == config.Production || s.API.OIDCIssuer != "" {
			s.API.Auth = config.On
		} else {
			faults = append(faults, config.Fault{Variable: "FUALAB_AUTH", Message: "is needed where others reach FUALAB_FRONTEND_ADDR, which leads to the API: set it to on, or to off if all who reach the address may do everything; or serve on 127.0.0.1"})
		}
	}
	if len(faults) == 0 {
		return s, nil
	}
	slices.SortFunc(faults, func(a, b config.Fault) int {
		return cmp.Or(cmp.Compare(a.Variable, b.Variable), cmp.Compare(a.Message, b.Message))
	})
	return s, &config.Error{Faults: slices.Compact(faults)}
}

// Package compose documents the environment variables of docker-compose.yml,
// and tests the Compose files.
package compose

// Config lists the variables that docker-compose.yml and its additions read. No Go program reads it: the
// tags are for the documentation, and a test compares them with the files.
type Config struct {
	Env              string `env:"ENV" envDefault:"development"`
	Auth             string `env:"AUTH" envDefault:"off"`
	APIPort          string `env:"API_PORT" envDefault:"8000" doc:"port of this machine on which Docker Compose publishes the API, on the loopback interface as all of them"`
	FrontendPort     string `env:"FRONTEND_PORT" envDefault:"8080" doc:"port of this machine on which Docker Compose publishes the web client"`
	DatabasePort     string `env:"DATABASE_PORT" envDefault:"5432" doc:"port of this machine on which Docker Compose publishes Postgres"`
	RedisPort        string `env:"REDIS_PORT" envDefault:"6379"`
	JobsPort         string `env:"JOBS_PORT" envDefault:"8001" doc:"port of this machine on which Docker Compose publishes River's job console, with --profile tools"`
	GrafanaPort      string `env:"GRAFANA_PORT" envDefault:"3000" doc:"port of this machine on which Docker Compose publishes Grafana, with docker-compose.observability.yml (\"go tool task up:observed\")"`
	DatabasePassword string `env:"DATABASE_PASSWORD" envDefault:"change-me" doc:"password that Docker Compose sets for Postgres' superuser, the owner of the schema, when it creates the database's volume: letters, digits, - and _"`
	ServicePassword  string `env:"SERVICE_DATABASE_PASSWORD" envDefault:"change-me" doc:"password that Docker Compose sets for the database role of API and worker, at each start: letters, digits, - and _"`
	Domain           string `env:"DOMAIN" unset:"plain HTTP on FUALAB_FRONTEND_ADDR only"`
}

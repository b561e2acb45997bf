package config

import "crypto/x509"

// Common holds the settings that every service has.
type Common struct {
	Env              Environment `env:"ENV" envDefault:"development" doc:"the kind of deployment: development, test or production. Production refuses unencrypted connections to the database or Redis and unchecked certificates of Postgres, except at localhost or a name without dots (a container). It also refuses the password of .env.example, an API without tokens, and a job console that is open to other machines"`
	LogLevel         Level       `env:"LOG_LEVEL" envDefault:"info" doc:"lowest level that is logged: debug, info, warn or error"`
	DatabaseURL      DatabaseURL `env:"DATABASE_URL,required" example:"postgresql://fualab:change-me@localhost:5432/fualab" doc:"the database: postgresql://user:password@host:5432/database, or sqlite:///relative/path.db (three slashes), sqlite:////absolute/path.db (four); a PgBouncer before Postgres needs pool_mode=session"`
	DatabaseCA       string      `env:"DATABASE_CA" unset:"the system's authorities, or sslrootcert of the URL" example:"-----BEGIN CERTIFICATE-----…" doc:"PEM certificates of the authorities that may sign the certificate of Postgres, for URLs with sslmode=verify-full; for services that cannot read a file, such as those on AWS"`
	DatabaseMaxConns int         `env:"DATABASE_MAX_CONNS" envDefault:"0" doc:"maximum number of connections of a process to the database; 0 derives it from the machine's cores; the API opens two more, for tokens and /ready"`
	DatabaseWait     Seconds     `env:"DATABASE_WAIT_SECONDS" envDefault:"10" doc:"time that a starting process waits for an unreachable database, in seconds"`
	SlowQueryMS      int         `env:"SLOW_QUERY_MILLISECONDS" envDefault:"200" doc:"a query that takes longer is logged as slow, without its values, in milliseconds; 0 logs none"`
	RedisURL         RedisURL    `env:"REDIS_URL" example:"redis://localhost:6379/0" doc:"Redis or Valkey: redis://… or rediss://… (TLS); empty runs without it, and /ready says so"`
	RedisPrefix      KeyPrefix   `env:"REDIS_PREFIX" envDefault:"fualab" doc:"prefix of this platform's keys in Redis, followed by a colon; two platforms on one Redis need different prefixes"`
	ShutdownDelay    Seconds     `env:"SHUTDOWN_DELAY_SECONDS" envDefault:"0" doc:"seconds after SIGTERM in which a service still serves requests but reports that it is not ready, so that load balancers remove it"`
	ShutdownTimeout  Seconds     `env:"SHUTDOWN_TIMEOUT_SECONDS" envDefault:"20" doc:"time after the delay for requests in flight to finish, in seconds"`
	HeartbeatTTL     Seconds     `env:"HEARTBEAT_TTL_SECONDS" envDefault:"45" doc:"age at which a worker's heartbeat is stale and expires in Redis, in seconds; use three intervals"`
	HeartbeatKey     string      `env:"HEARTBEAT_KEY" envDefault:"fualab:worker:heartbeat" doc:"Redis key of the newest worker heartbeat; FUALAB_REDIS_PREFIX replaces fualab. The key of each worker is this key, a colon and its instance"`
	Hosts            Hosts       `env:"HOSTS" example:"app.example.com" doc:"host names that a listener without tokens accepts, such as app.example.com,api.example.com. Addresses and names without a dot are always accepted. An API with tokens accepts every name unless this is set"`
	EMFEnvironment   string      `env:"EMF_ENVIRONMENT" example:"prod" doc:"value of the dimension Environment. If set, each process writes the metrics that alarms need to standard output every minute, in CloudWatch's embedded metric format"`

	OTLP OTLP `env:"-"` // from OpenTelemetry's own variables
}

// Validate checks the rules that the types cannot express.
func (c Common) Validate() []Fault {
	var faults []Fault
	if c.DatabaseMaxConns < 0 || c.DatabaseMaxConns > 1000 {
		faults = append(faults, Fault{"FUALAB_DATABASE_MAX_CONNS", "must be from 0 to 1000"})
	}
	if c.DatabaseCA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(c.DatabaseCA)) {
		faults = append(faults, Fault{"FUALAB_DATABASE_CA", "must be certificates as PEM text, from -----BEGIN CERTIFICATE----- on"})
	}
	if c.SlowQueryMS < 0 {
		faults = append(faults, Fault{"FUALAB_SLOW_QUERY_MILLISECONDS", "must not be negative"})
	}
	return append(faults, c.unsafe()...)
}

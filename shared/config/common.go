package config

import "crypto/x509"

// Common holds the settings that every service has.
type Common struct {
	Env              Environment `env:"ENV" envDefault:"development" doc:"where the platform runs: development, test or production; production refuses a database or Redis that is reached in plain text, a Postgres whose certificate is not checked, unless at localhost or by a name without dots (a container's), the password of .env.example, an API that asks nobody for a token, and a job console that others reach"`
	LogLevel         Level       `env:"LOG_LEVEL" envDefault:"info" doc:"least level that is logged: debug, info, warn or error"`
	DatabaseURL      DatabaseURL `env:"DATABASE_URL,required" example:"postgresql://fualab:change-me@localhost:5432/fualab" doc:"the database: postgresql://user:password@host:5432/database, or sqlite:///relative/path.db (three slashes), sqlite:////absolute/path.db (four); a PgBouncer before Postgres needs pool_mode=session"`
	DatabaseCA       string      `env:"DATABASE_CA" unset:"the authorities that the system knows, or sslrootcert of the URL" example:"-----BEGIN CERTIFICATE-----…" doc:"certificates, as PEM text, of the authorities that may sign for the Postgres of the URLs with sslmode=verify-full; a service that AWS runs has no file to name"`
	DatabaseMaxConns int         `env:"DATABASE_MAX_CONNS" envDefault:"0" doc:"most connections a process opens to the database for its work; 0 derives it from the machine's cores; the API opens two more, for tokens and /ready"`
	DatabaseWait     Seconds     `env:"DATABASE_WAIT_SECONDS" envDefault:"10" doc:"how long a starting process waits for an unreachable database before it gives up, in seconds"`
	SlowQueryMS      int         `env:"SLOW_QUERY_MILLISECONDS" envDefault:"200" doc:"a query that takes longer is logged as slow, without its values, in milliseconds; 0 logs none"`
	RedisURL         RedisURL    `env:"REDIS_URL" example:"redis://localhost:6379/0" doc:"Redis or Valkey: redis://… or rediss://… (TLS); empty runs without it, and /ready says so"`
	RedisPrefix      KeyPrefix   `env:"REDIS_PREFIX" envDefault:"fualab" doc:"begins the keys of this platform in Redis, before a colon; two platforms on one Redis need two"`
	ShutdownDelay    Seconds     `env:"SHUTDOWN_DELAY_SECONDS" envDefault:"0" doc:"after SIGTERM: not ready, yet still serving, for so many seconds, so that a load balancer notices"`
	ShutdownTimeout  Seconds     `env:"SHUTDOWN_TIMEOUT_SECONDS" envDefault:"20" doc:"after the delay: how long requests in flight may take to finish, in seconds"`
	HeartbeatTTL     Seconds     `env:"HEARTBEAT_TTL_SECONDS" envDefault:"45" doc:"age at which a worker's heartbeat counts as stale and leaves Redis, in seconds; three intervals"`
	HeartbeatKey     string      `env:"HEARTBEAT_KEY" envDefault:"fualab:worker:heartbeat" doc:"Redis key of the newest worker heartbeat, with FUALAB_REDIS_PREFIX in place of fualab; each worker's own is this key, a colon and its instance"`
	Hosts            Hosts       `env:"HOSTS" example:"app.example.com" doc:"names by which clients may reach a listener that asks for no token, such as app.example.com,api.example.com; addresses and names without a dot are always good; an API that asks for tokens accepts every name unless this is set"`
	EMFEnvironment   string      `env:"EMF_ENVIRONMENT" example:"prod" doc:"write what alarms need to standard output every minute, as lines that CloudWatch makes metrics of (embedded metric format), with this name as their dimension Environment; empty: none"`

	OTLP OTLP `env:"-"` // what OpenTelemetry's own variables ask for
}

// Validate checks what the types cannot.
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

//go:build lab

package firstrun_test

import (
	"testing"

	"github.com/fualab/fualab/shared/schema"
)

// secret is in every URL with a password; no program may print it.
const secret = "marker-s3cret"

// mistake is an easy mistake of a first run. The program prints its own name, a
// colon, says and cure, and ends with exit.
type mistake struct {
	name     string
	program  string
	args     []string
	arrange  func(*testing.T) world
	exit     int
	variable string // the variable in the output; "" for none
	says     string
	cure     string
}

// faulty is the begin of every message about the settings.
const faulty = "the configuration cannot be used:\n  "

const (
	databaseForm = "must be postgresql://user:password@host:5432/database, or sqlite:///relative/path.db (three slashes) or sqlite:////absolute/path.db (four)"
	shownAddr    = "127.0.0.1:8000"
	shownPath    = "/srv/file"
	shownHost    = "db.example:5432"
)

var mistakes = []mistake{
	{
		name: "The API's port is taken", program: "fualab-api", arrange: portTaken("FUALAB_API_ADDR"), exit: 1, variable: "FUALAB_API_ADDR",
		says: "FUALAB_API_ADDR: the address " + shownAddr + " is taken by another program: ",
		cure: "stop it, or set FUALAB_API_ADDR to a free one, such as :8090",
	},
	{
		name: "The worker's port is taken", program: "fualab-worker", arrange: portTaken("FUALAB_WORKER_ADDR"), exit: 1, variable: "FUALAB_WORKER_ADDR",
		says: "FUALAB_WORKER_ADDR: the address " + shownAddr + " is taken by another program: ",
		cure: "stop it, or set FUALAB_WORKER_ADDR to a free one, such as :8090",
	},
	{
		name: "The web client's port is taken", program: "fualab-local", arrange: portTaken("FUALAB_FRONTEND_ADDR"), exit: 1, variable: "FUALAB_FRONTEND_ADDR",
		says: "FUALAB_FRONTEND_ADDR: the address " + shownAddr + " is taken by another program: ",
		cure: "stop it, or set FUALAB_FRONTEND_ADDR to a free one, such as :8090",
	},
	{
		name: "An address without a colon", program: "fualab-api", arrange: with("FUALAB_API_ADDR=8000"), exit: 2, variable: "FUALAB_API_ADDR",
		says: faulty + "FUALAB_API_ADDR: ",
		cure: "must be host:port or :port with a port from 0 to 65535, such as :8000",
	},
	{
		name: "No database URL", program: "fualab-api", arrange: with("FUALAB_DATABASE_URL="), exit: 2, variable: "FUALAB_DATABASE_URL",
		says: faulty + "FUALAB_DATABASE_URL: is required and not set; ",
		cure: "set it, for example, to postgresql://fualab:change-me@localhost:5432/fualab",
	},
	{
		name: "A database URL of another kind", program: "fualab-api", arrange: with("FUALAB_DATABASE_URL=mysql://fualab:" + secret + "@localhost/fualab"), exit: 2, variable: "FUALAB_DATABASE_URL",
		says: faulty + "FUALAB_DATABASE_URL: ",
		cure: databaseForm,
	},
	{
		name: "A SQLite database in memory", program: "fualab-api", arrange: with("FUALAB_DATABASE_URL=sqlite:///:memory:"), exit: 2, variable: "FUALAB_DATABASE_URL",
		says: faulty + "FUALAB_DATABASE_URL: must name a SQLite file and not :memory:, because each connection would have its own database: ",
		cure: "use sqlite:///.data/fualab.db",
	},
	{
		name: "A SQLite URL with a parameter", program: "fualab-worker", arrange: with("FUALAB_DATABASE_URL=sqlite:///fualab.db?mode=ro"), exit: 2, variable: "FUALAB_DATABASE_URL",
		says: faulty + "FUALAB_DATABASE_URL: must name a SQLite file without parameters, because FUALab chooses them: ",
		cure: "remove the ? and the parameters, or write %3F for a ? in the file's name",
	},
	{
		name: "A database password with a % or / that is not encoded", program: "fualab-worker", arrange: with("FUALAB_DATABASE_URL=postgresql://fualab:" + secret + "%/@localhost/fualab"), exit: 2, variable: "FUALAB_DATABASE_URL",
		says: faulty + "FUALAB_DATABASE_URL: ",
		cure: databaseForm + "; a special character in the password is percent-encoded",
	},
	{
		name: "The database server does not run", program: "fualab-api", arrange: noServer, exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: nothing listens at " + shownHost + " (connection refused): ",
		cure: "start Postgres there, or correct host and port",
	},
	{
		name: "The database server does not run, for the worker", program: "fualab-worker", arrange: noServer, exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: nothing listens at " + shownHost + " (connection refused): ",
		cure: "start Postgres there, or correct host and port",
	},
	{
		name: "A wrong database password", program: "fualab-api", arrange: wrongPassword, exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: the database at " + shownHost + " refused user \"fualab\" (SQLSTATE 28P01): ",
		cure: "correct the user or the password; a special character in it is percent-encoded",
	},
	{
		name: "A database that was not created", program: "fualab-api", arrange: missingDatabase, exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: the server at " + shownHost + " has no database \"fualab_absent\": ",
		cure: "create it (createdb fualab_absent), or correct the name",
	},
	{
		name: "A SQLite file where no directory can be", program: "fualab-api", arrange: belowFile("FUALAB_DATABASE_URL=sqlite:///", "/data/fualab.db"), exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: cannot make the directory " + shownPath + "/data (not a directory): ",
		cure: "make it, or name another path",
	},
	{
		name: "A SQLite file where this user may not write", program: "fualab-api", arrange: notWritable("fualab.db"), exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: cannot write in the directory " + shownPath + " (permission denied): ",
		cure: "give this user write access to it, or name another path",
	},
	{
		name: "A SQLite file where this user may make no directory", program: "fualab-worker", arrange: notWritable("data/fualab.db"), exit: 1, variable: "FUALAB_DATABASE_URL",
		says: "FUALAB_DATABASE_URL: cannot make the directory " + shownPath + "/data (permission denied): ",
		cure: "make it, or name another path",
	},
	{
		name: "A data directory that cannot be made", program: "fualab-local", arrange: belowFile("FUALAB_DATA_DIR=", "/data"), exit: 1, variable: "FUALAB_DATA_DIR",
		says: "FUALAB_DATA_DIR: cannot make the directory " + shownPath + "/data (not a directory): ",
		cure: "make it, or name another one",
	},
	{
		name: "A second local runner on the same data", program: "fualab-local", arrange: secondRunner, exit: 1, variable: "FUALAB_DATA_DIR",
		says: "FUALAB_DATA_DIR: the directory " + shownPath + " is in use by another FUALab, process 4711: ",
		cure: "stop that one, or set FUALAB_DATA_DIR to another directory and the FUALAB_*_ADDR to free ports",
	},
	{
		name: "The local runner started outside of the repository", program: "fualab-local", arrange: elsewhere, exit: 1,
		says: "the web client's files are not found: neither " + shownPath + " nor a directory above it has a go.work; ",
		cure: "start this from inside the repository",
	},
	{
		name: "No schema, and migrations on start turned off", program: "fualab-api", arrange: with("FUALAB_MIGRATE_ON_START=false"), exit: 1, variable: "FUALAB_MIGRATE_ON_START",
		says: "FUALAB_MIGRATE_ON_START=false leaves the schema to others; set it to true if nobody migrates: The database has no schema yet; migration " + schema.Version + " is needed: ",
		cure: "start the API, or run `fualab-api migrate up`",
	},
	{
		name: "A Redis URL without its scheme", program: "fualab-api", arrange: with("FUALAB_REDIS_URL=:" + secret + "@localhost:6379"), exit: 2, variable: "FUALAB_REDIS_URL",
		says: faulty + "FUALAB_REDIS_URL: ",
		cure: "must be redis://user:password@host:6379/0, or rediss://… for TLS; leave it empty to run without Redis",
	},
	{
		name: "Plain text to other hosts in production", program: "fualab-worker", exit: 2, variable: "FUALAB_REDIS_URL",
		arrange: with("FUALAB_ENV=production", "FUALAB_DATABASE_URL=postgresql://fualab:"+secret+"@db.example:5432/fualab", "FUALAB_REDIS_URL=redis://:"+secret+"@redis.example:6379"),
		says: faulty + "FUALAB_DATABASE_URL: sends passwords and data to another host without checking its certificate. FUALAB_ENV=production refuses that: end the URL with ?sslmode=verify-full, and put the certificate of the database's authority into FUALAB_DATABASE_CA\n" +
			"  FUALAB_REDIS_URL: sends passwords and data in plain text to another host. FUALAB_ENV=production refuses that: ",
		cure: "begin the URL with rediss://",
	},
	{
		name: "A typo in a variable's name", program: "fualab-api", arrange: with("FUALAB_DATABSE_URL=postgresql://fualab:" + secret + "@localhost/fualab"), exit: 2, variable: "FUALAB_DATABSE_URL",
		says: faulty + "FUALAB_DATABSE_URL: no part of FUALab reads this variable; ",
		cure: "did you mean FUALAB_DATABASE_URL?",
	},
	{
		name: "A typo in a variable's name, for the local runner", program: "fualab-local", arrange: with("FUALAB_FRONTEND_ADR=:8081"), exit: 2, variable: "FUALAB_FRONTEND_ADR",
		says: faulty + "FUALAB_FRONTEND_ADR: no part of FUALab reads this variable; ",
		cure: "did you mean FUALAB_FRONTEND_ADDR?",
	},
	{
		name: "A duration with a unit", program: "fualab-worker", arrange: with("FUALAB_HEARTBEAT_INTERVAL_SECONDS=15s"), exit: 2, variable: "FUALAB_HEARTBEAT_INTERVAL_SECONDS",
		says: faulty + "FUALAB_HEARTBEAT_INTERVAL_SECONDS: ",
		cure: "must be a number of seconds, such as 15",
	},
	{
		name: "A log level that does not exist", program: "fualab-local", arrange: with("FUALAB_LOG_LEVEL=verbose"), exit: 2, variable: "FUALAB_LOG_LEVEL",
		says: faulty + "FUALAB_LOG_LEVEL: ",
		cure: "must be debug, info, warn or error",
	},
	{
		name: "Several mistakes at once", program: "fualab-api", arrange: with("FUALAB_API_ADDR=8000", "FUALAB_DATABASE_URL=", "FUALAB_ENV=prod", "FUALAB_REDIS=x"), exit: 2, variable: "FUALAB_DATABASE_URL",
		says: faulty + "FUALAB_API_ADDR: must be host:port or :port with a port from 0 to 65535, such as :8000\n" +
			"  FUALAB_DATABASE_URL: is required and not set; set it, for example, to postgresql://fualab:change-me@localhost:5432/fualab\n" +
			"  FUALAB_ENV: must be development, test or production\n" +
			"  FUALAB_REDIS: no part of FUALab reads this variable; ",
		cure: "remove it, or correct its name",
	},
	{
		name: "A command that does not exist", program: "fualab-api", args: []string{"server"}, arrange: with(), exit: 2,
		says: "unknown command; ", cure: "`fualab-api help` lists them",
	},
	{
		name: "A command that does not exist, for the worker", program: "fualab-worker", args: []string{"server"}, arrange: with(), exit: 2,
		says: "unknown command; ", cure: "`fualab-worker help` lists them",
	},
	{
		name: "An argument for the local runner", program: "fualab-local", args: []string{"api"}, arrange: with(), exit: 2,
		says: "unknown command; ", cure: "`go run ./ops/local help` lists them",
	},
}

package worker

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a stopped worker leaves goroutines. If Docker runs the
// databases, its client lives as long as the test binary.
//
// With FUALAB_TEST_PROCESS, the binary is not a test but one of the workers
// that the crash tests start and kill.
func TestMain(m *testing.M) {
	if os.Getenv("FUALAB_TEST_PROCESS") != "" {
		os.Exit(crashProcess())
	}
	// Most tests here wait for processes and for the clock, and need little
	// processor time. By default, a machine with two cores would run only two
	// at a time.
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/testcontainers/testcontainers-go.(*Reaper).connect.func1"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

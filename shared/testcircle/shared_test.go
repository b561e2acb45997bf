package testcircle

import "testing"

// TestShared checks that imports point inwards, and that only the product names
// its entities.
func TestShared(t *testing.T) {
	t.Parallel()
	kit := []string{
		"clock", "config", "cron", "database", "errs", "health", "httpserver", "log", "program", "redis", "rowfile", "schema", "strictjson", "telemetry", "tracing", "version",
		"testcircle", "testcontainer", "testdb", "testport", "testredis", "testwait",
	}
	for i, name := range kit {
		kit[i] = "shared/" + name
	}
	Circles{
		Kit:     kit,
		Product: []string{"shared/items", "shared/config/product.go"},
		Words:   []string{"item"},
		Except:  []string{"shared/testcircle"},
	}.Check(t, "shared", "..")
}

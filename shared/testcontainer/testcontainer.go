//go:build integration

// Package testcontainer starts the containers that tests use.
package testcontainer

import (
	"strings"

	"github.com/testcontainers/testcontainers-go"
)

// tries bounds how many ports of the host may turn out to be taken.
const tries = 5

// Start runs a container, once more for each time that the port of the host
// which Docker drew for it was taken: the kernel hands out the same ports to
// whoever opens a connection. What did not start is removed.
func Start[C testcontainers.Container](run func() (C, error)) (C, error) {
	for n := 1; ; n++ {
		c, err := run()
		if err == nil || n == tries || !strings.Contains(err.Error(), "address already in use") {
			return c, err
		}
		_ = testcontainers.TerminateContainer(c)
	}
}

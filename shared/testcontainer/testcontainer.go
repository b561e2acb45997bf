//go:build integration

// Package testcontainer starts the containers that tests use.
package testcontainer

import (
	"strings"

	"github.com/testcontainers/testcontainers-go"
)

// tries is the largest number of attempts if ports of the host are taken.
const tries = 5

// Start runs a container. It repeats if the host's port that Docker chose was
// taken, because the kernel gives the same ports to outgoing connections. It
// removes containers that did not start.
func Start[C testcontainers.Container](run func() (C, error)) (C, error) {
	for n := 1; ; n++ {
		c, err := run()
		if err == nil || n == tries || !strings.Contains(err.Error(), "address already in use") {
			return c, err
		}
		_ = testcontainers.TerminateContainer(c)
	}
}

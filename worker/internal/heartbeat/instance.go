package heartbeat

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
)

// Instance returns a new name for this process: its host, its process id and a
// random part, because containers may share the other two.
func Instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return instance(host, os.Getpid(), rand.Text())
}

const (
	maxHost   = 32 // characters of the host's name
	maxRandom = 6  // 30 bits
)

func instance(host string, pid int, random string) string {
	host, _, _ = strings.Cut(host, ".")
	return fmt.Sprintf("%.*s-%d-%.*s", maxHost, host, pid, maxRandom, strings.ToLower(random))
}

package main

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
)

// banner holds the facts about a platform that has just started.
type banner struct {
	cfg   localconfig.Config
	ports *ports
	redis *redisServer
	took  time.Duration
	auth  bool // whether the API requires tokens
}

// write prints all addresses, and how to stop the platform. URLs are printed
// without their passwords.
func (b banner) write(w io.Writer) {
	site, api := "http://"+reachable(b.ports.frontend), "http://"+reachable(b.ports.api)
	var s strings.Builder
	fmt.Fprintf(&s, "FUALab is running (ready in %.2f s).\n\n", b.took.Seconds())
	for _, line := range [][2]string{
		{"Web client", site},
		{"API", api + "/api/items"},
		{"API docs", api + "/docs"},
		{},
		{"Database", describeDatabase(b.cfg.Database())},
		{"Redis", describeRedis(b.redis)},
		{"Data", b.kept()},
		{"Log", filepath.Join(b.cfg.DataDir, logName) + "; warnings appear here, too"},
	} {
		s.WriteString(strings.TrimRight(fmt.Sprintf("  %-12s%s", line[0], line[1]), " ") + "\n")
	}
	if b.auth {
		s.WriteString("\nThe API requires a token. This command prints one:\n  go run ./ops/local token create --name me --scope read,write,admin\n")
	}
	s.WriteString("\nCtrl-C stops it.\n")
	_, _ = io.WriteString(w, s.String()) // a failed write does not stop the platform
}

func (b banner) kept() string {
	if b.cfg.DatabaseURL != "" {
		return "kept in the database above"
	}
	return "kept in " + b.cfg.DataDir + "; delete that directory to start afresh"
}

func describeDatabase(u config.DatabaseURL) string {
	if path, err := database.SQLitePath(u); err == nil {
		return "SQLite, " + path
	}
	p, err := url.Parse(u.Reveal())
	if err != nil {
		return u.String()
	}
	return fmt.Sprintf("Postgres, %s at %s", strings.TrimPrefix(p.Path, "/"), p.Host)
}

func describeRedis(r *redisServer) string {
	switch {
	case r.embedded == nil:
		return r.url.String()
	case r.wanted != 0 && r.embedded.Port() != strconv.Itoa(int(r.wanted)):
		return fmt.Sprintf("embedded, %s (%d is taken)", r.url, r.wanted)
	default:
		return "embedded, " + r.url.String()
	}
}

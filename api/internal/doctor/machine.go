package doctor

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/httpserver"
)

// examinePort accepts a free addr, or a program of FUALab that listens on it.
func examinePort(ctx context.Context, name string, addr config.Addr, variable string) Check {
	ln, err := httpserver.Listen(ctx, string(addr), variable)
	if err == nil {
		_ = ln.Close()
		return Check{Name: name, Status: OK, Found: string(addr) + " is free"}
	}
	if httpserver.Check(ctx, string(addr), "/health") == nil {
		return Check{Name: name, Status: OK, Found: string(addr) + " is served, and /health answers"}
	}
	return wrong(name, Error, err)
}

// The free bytes of a disk below which there is a warning or an error.
const (
	littleSpace = 1 << 30
	noSpace     = 100 << 20
)

// examineDisk checks the disk of the SQLite file path.
func examineDisk(path string) Check {
	dir := filepath.Dir(path)
	free, _, known := database.DiskAt(dir)
	if !known {
		return Check{Name: "disk", Status: OK, Found: "the system does not report the free space of " + dir}
	}
	found := fmt.Sprintf("%d MiB are free in %s", free>>20, dir)
	const cure = "free disk space, or move the database to a larger disk; the runbooks of the tasks list the data that may be purged"
	switch {
	case free < noSpace:
		return Check{"disk", Error, found, cure}
	case free < littleSpace:
		return Check{"disk", Warning, found, cure}
	}
	return Check{Name: "disk", Status: OK, Found: found}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// getNode is the cure for a machine that cannot build the web client.
const getNode = "install Node 20.19, 22.12 or newer from https://nodejs.org and start again"

// errNode describes the fault of this machine's Node.
type errNode string

func (e errNode) Error() string { return string(e) }

// findNPM returns the path of npm, if this machine also has a Node that the
// build can use. The error is an errNode.
func findNPM(ctx context.Context) (string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return "", errNode("Node is not found")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	version := exec.CommandContext(ctx, node, "--version") //nolint:gosec // the user's own Node
	version.WaitDelay = time.Second
	out, err := version.Output()
	if err != nil {
		return "", errNode(fmt.Sprintf("%s does not run (%v)", node, cmp.Or(ctx.Err(), err)))
	}
	if v := strings.TrimSpace(string(out)); !usable(v) {
		return "", errNode(fmt.Sprintf("the installed Node, %.30s, cannot build it", v))
	}
	npm, err := exec.LookPath("npm")
	if errors.Is(err, exec.ErrNotFound) {
		return "", errNode("Node is installed, but npm is not")
	} else if err != nil {
		return "", errNode(fmt.Sprintf("npm does not run (%v)", err))
	}
	return npm, nil
}

// usable reports whether Vite supports the version that node prints.
func usable(version string) bool {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "v%d.%d", &major, &minor); n < 2 {
		return false
	}
	switch major {
	case 20:
		return minor >= 19
	case 22:
		return minor >= 12
	default:
		return major > 22
	}
}

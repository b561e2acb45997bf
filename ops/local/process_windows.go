package main

import (
	"context"
	"os/exec"
	"strconv"
	"time"
)

// group makes cmd end with all its child processes: npm runs Node, and Node
// runs further programs.
func group(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return exec.CommandContext(ctx, "taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() //nolint:gosec // a number
	}
}

// killGroup does nothing: taskkill has ended the whole tree.
func killGroup(*exec.Cmd) {}

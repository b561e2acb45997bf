package main

import (
	"context"
	"os/exec"
	"strconv"
	"time"
)

// group has cmd end with all that it started: npm runs Node, and that more
// of it.
func group(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return exec.CommandContext(ctx, "taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() //nolint:gosec // a number
	}
}

// killGroup has nothing left to do: taskkill ended the whole tree.
func killGroup(*exec.Cmd) {}

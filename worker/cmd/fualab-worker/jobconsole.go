//go:build !nojobsui

package main

import "github.com/fualab/fualab/worker/internal/httpapi/jobconsole"

var newJobConsole = jobconsole.New

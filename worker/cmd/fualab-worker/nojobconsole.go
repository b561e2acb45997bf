//go:build nojobsui

package main

import "github.com/fualab/fualab/worker"

var newJobConsole worker.NewJobConsole // none: the image does not contain it

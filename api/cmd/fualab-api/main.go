// Command fualab-api serves FUALab's HTTP API and migrates its database.
package main

import (
	"os"

	"github.com/fualab/fualab/api/command"
	"github.com/fualab/fualab/shared/program"
)

func main() { program.Main("fualab-api", os.Environ(), command.Run) }

package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/fualab/fualab/api/internal/doctor"
	"github.com/fualab/fualab/shared/program"
)

const doctorUsage = program.UsageError(`usage: fualab-api doctor [--json]

It exits with 0 if all is well, with 1 if something is missing and the platform serves, and with 2 if it does not`)

// diagnose prints the checks, and ends with a status for the worst one.
func diagnose(ctx context.Context, args, environ []string, stdout io.Writer) error {
	write := writeChecks
	switch {
	case len(args) == 1 && args[0] == "--json":
		write = writeJSON
	case len(args) > 0:
		return doctorUsage
	}
	report := doctor.Examine(ctx, environ)
	if err := write(stdout, report); err != nil {
		return err
	}
	switch report.Status {
	case doctor.Error:
		return program.Status(2)
	case doctor.Warning:
		return program.Status(1)
	default:
		return nil
	}
}

func writeChecks(w io.Writer, report doctor.Report) error {
	var s strings.Builder
	for _, c := range report.Checks {
		fmt.Fprintf(&s, "%-8s %-15s %s\n", c.Status, c.Name, c.Found)
		if c.Cure != "" {
			fmt.Fprintf(&s, "%-24s %s\n", "", "→ "+c.Cure)
		}
	}
	_, err := io.WriteString(w, s.String())
	return err
}

func writeJSON(w io.Writer, report doctor.Report) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(report)
}

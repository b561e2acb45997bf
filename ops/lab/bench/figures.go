package main

import (
	"fmt"
	"io"
	"strings"
)

// figure is a measured number and its goal.
type figure struct {
	name  string
	got   float64
	least bool // want is a minimum; otherwise a maximum
	want  float64
}

func (f figure) right() bool {
	if f.least {
		return f.got >= f.want
	}
	return f.got <= f.want
}

// figures are the results of a benchmark.
type figures []figure

func (f *figures) atLeast(want float64, got float64, name string, args ...any) {
	*f = append(*f, figure{name: fmt.Sprintf(name, args...), got: got, want: want, least: true})
}

func (f *figures) atMost(want float64, got float64, name string, args ...any) {
	*f = append(*f, figure{name: fmt.Sprintf(name, args...), got: got, want: want})
}

// loosen moves each goal by a factor, because a figure of a short run is rough.
func (f *figures) loosen(factor float64) {
	for i := range *f {
		if one := &(*f)[i]; one.least {
			one.want /= factor
		} else {
			one.want *= factor
		}
	}
}

// table writes all figures, and returns an error that names those that miss
// their goals.
func (f *figures) table(out io.Writer) error {
	_, _ = fmt.Fprint(out, "| figure | measured | goal | |\n| --- | --- | --- | --- |\n")
	var wrong []string
	for _, one := range *f {
		bound, verdict := "at most", "ok"
		if one.least {
			bound = "at least"
		}
		if !one.right() {
			verdict = "MISSED"
			wrong = append(wrong, one.name)
		}
		_, _ = fmt.Fprintf(out, "| %s | %s | %s %s | %s |\n", one.name, short(one.got), bound, short(one.want), verdict)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("missed: %s", strings.Join(wrong, "; "))
	}
	return nil
}

func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

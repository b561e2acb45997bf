package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	barPause  = 100 * time.Millisecond
	linePause = 5 * time.Second
)

// progress shows the progress of a command: as a bar on a terminal, and
// elsewhere as a line every few seconds. It is not safe for concurrent use.
type progress struct {
	out   io.Writer
	unit  string
	bar   *progressbar.ProgressBar // nil for lines
	began time.Time
	first int64 // the amount that an earlier run had done
	shown time.Time
}

func newProgress(out io.Writer, unit string) *progress {
	p := &progress{out: out, unit: unit}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(out), progressbar.OptionFullWidth(), progressbar.OptionThrottle(barPause),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit),
			progressbar.OptionShowBytes(unit == "bytes"), progressbar.OptionSetPredictTime(true))
	}
	return p
}

// set shows that done of total is done; total is 0 if unknown.
func (p *progress) set(what string, done, total int64) {
	if p.bar != nil {
		p.bar.Describe(what)
		if total > 0 && p.bar.GetMax64() != total {
			p.bar.ChangeMax64(total)
		}
		_ = p.bar.Set64(done) // the terminal may be closed
		return
	}
	now := time.Now()
	if p.began.IsZero() {
		p.began, p.first, p.shown = now, done, now
	}
	if now.Sub(p.shown) < linePause {
		return
	}
	p.shown = now
	_, _ = fmt.Fprintln(p.out, line(what, p.unit, done-p.first, done, total, now.Sub(p.began)))
}

// end leaves the terminal's last line for the next output.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// line returns a line with the rate of this run, and the rest at that rate.
func line(what, unit string, since, done, total int64, took time.Duration) string {
	text := fmt.Sprintf("%s: %d %s", what, done, unit)
	if total > 0 {
		text = fmt.Sprintf("%s: %d of %d %s, %d %%", what, done, total, unit, 100*done/total)
	}
	rate := float64(since) / took.Seconds()
	if since <= 0 || took <= 0 {
		return text
	}
	text += fmt.Sprintf(", %.0f a second", rate)
	if total > done {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		text += ", " + left.Round(time.Second).String() + " left"
	}
	return text
}

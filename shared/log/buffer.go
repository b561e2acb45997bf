package log

import (
	"io"
	"sync"
	"time"
)

// Limits of a Buffer.
const (
	bufferBytes = 32 << 10
	bufferTime  = 50 * time.Millisecond
)

// Buffer gathers lines, so that a busy service does not make a system call for
// each. It delays a line by at most bufferTime. A logger that New makes on it
// writes warnings and errors at once, together with all lines before them. It
// is safe for concurrent use.
type Buffer struct {
	mu    sync.Mutex
	w     io.Writer
	lines []byte
	timer *time.Timer // runs while lines wait
}

// NewBuffer returns a Buffer before w. Its owner calls Flush at the end.
func NewBuffer(w io.Writer) *Buffer {
	b := &Buffer{w: w, lines: make([]byte, 0, bufferBytes)}
	b.timer = time.AfterFunc(bufferTime, b.Flush)
	return b
}

// Write keeps a line, or writes all lines when the buffer is full.
func (b *Buffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines)+len(line) > bufferBytes {
		b.flush()
	}
	if len(b.lines) == 0 {
		b.timer.Reset(bufferTime)
	}
	b.lines = append(b.lines, line...)
	return len(line), nil
}

// Flush writes the buffered lines. A failed write loses them, and there is no
// other place to report that.
func (b *Buffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
}

func (b *Buffer) flush() {
	if len(b.lines) > 0 {
		_, _ = b.w.Write(b.lines)
	}
	b.lines = b.lines[:0]
	if cap(b.lines) > 2*bufferBytes { // after a long line
		b.lines = make([]byte, 0, bufferBytes)
	}
}

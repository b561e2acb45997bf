package log

import (
	"io"
	"sync"
	"time"
)

// Bounds of what a Buffer holds back.
const (
	bufferBytes = 32 << 10
	bufferTime  = 50 * time.Millisecond
)

// Buffer gathers lines, so that a busy service does not enter the kernel for
// each of them. It holds a line back for bufferTime at most; a logger that New
// makes on it passes warnings and errors on at once, with all that came before
// them. It is safe for concurrent use.
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

// Write keeps a line, or passes on all of them when there are too many.
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

// Flush passes on what is held. What cannot be written is lost: there is
// nobody to tell.
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
	if cap(b.lines) > 2*bufferBytes { // one long line
		b.lines = make([]byte, 0, bufferBytes)
	}
}

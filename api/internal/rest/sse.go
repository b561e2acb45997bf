package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/fualab/fualab/api/internal/live"
)

const (
	// sseWrite is the time limit for a client to accept a write.
	sseWrite = 10 * time.Second
	// sseRetry is the client's wait before it reconnects.
	sseRetry = "retry: 2000\n\n"
)

// SSE writes server-sent events (WHATWG HTML, section 9.2) to one client. Each
// write has its own deadline, instead of the server's deadline for the whole
// response. After an error, the client is lost.
type SSE struct {
	w       http.ResponseWriter
	control *http.ResponseController
	line    []byte
}

// NewSSE returns a writer of events to w.
func NewSSE(w http.ResponseWriter) *SSE {
	return &SSE{w: w, control: http.NewResponseController(w)}
}

// Begin sends the time after which the client reconnects.
func (s *SSE) Begin() error { return s.write([]byte(sseRetry)) }

// End leaves time for the last bytes, after the deadline of the last write.
func (s *SSE) End() {
	_ = s.control.SetWriteDeadline(time.Now().Add(sseWrite))
}

// Send writes and flushes events.
func (s *SSE) Send(messages ...live.Message) error {
	if len(messages) == 0 {
		return nil
	}
	for _, m := range messages {
		if err := s.write(s.format(m)); err != nil {
			return err
		}
	}
	return s.control.Flush()
}

// Ping sends a comment that keeps the connection open.
func (s *SSE) Ping() error {
	return errors.Join(s.write([]byte(": ping\n\n")), s.control.Flush())
}

// format returns the lines of m, valid until the next call.
func (s *SSE) format(m live.Message) []byte {
	s.line = s.line[:0]
	if m.Name != live.StatusName {
		s.line = append(append(append(s.line, "id: "...), m.ID.String()...), '\n')
	}
	s.line = append(append(append(s.line, "event: "...), m.Name...), '\n')
	return append(append(append(s.line, "data: "...), m.Data...), "\n\n"...)
}

func (s *SSE) write(p []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(sseWrite)); err != nil {
		return err
	}
	_, err := s.w.Write(p)
	return err
}

package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/fualab/fualab/api/internal/live"
)

const (
	// sseWrite is how long a client may take to accept what is written.
	sseWrite = 10 * time.Second
	// sseRetry is what a client is asked to wait before it comes back.
	sseRetry = "retry: 2000\n\n"
)

// SSE writes server-sent events (WHATWG HTML, section 9.2) to one client, with
// a deadline for each write in place of the server's for the whole answer.
// After an error the client is lost.
type SSE struct {
	w       http.ResponseWriter
	control *http.ResponseController
	line    []byte
}

// NewSSE returns a writer of events to w.
func NewSSE(w http.ResponseWriter) *SSE {
	return &SSE{w: w, control: http.NewResponseController(w)}
}

// Begin tells the client what to do when the stream ends.
func (s *SSE) Begin() error { return s.write([]byte(sseRetry)) }

// End leaves time for the last bytes, after the deadline of the last write.
func (s *SSE) End() {
	_ = s.control.SetWriteDeadline(time.Now().Add(sseWrite))
}

// Send writes events and sees them off.
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

// Ping gives a sign of life.
func (s *SSE) Ping() error {
	return errors.Join(s.write([]byte(": ping\n\n")), s.control.Flush())
}

// format returns m's lines, valid until the next call.
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

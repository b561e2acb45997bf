package rest

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/live"
)

// deadlines records the deadline of each write.
type deadlines struct {
	*httptest.ResponseRecorder
	write time.Time
	left  []time.Duration
}

func (b *deadlines) SetWriteDeadline(t time.Time) error { b.write = t; return nil }

func (b *deadlines) Write(p []byte) (int, error) {
	b.left = append(b.left, time.Until(b.write))
	b.write = time.Time{}
	return b.ResponseRecorder.Write(p)
}

func TestEachWriteHasItsDeadline(t *testing.T) {
	t.Parallel()
	b := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	out := NewSSE(b)
	message := live.Message{Name: "x", Data: []byte("{}")}
	for _, err := range []error{out.Begin(), out.Send(message, message), out.Ping()} {
		if err != nil {
			t.Error(err)
		}
	}
	if len(b.left) != 4 {
		t.Errorf("%d writes", len(b.left))
	}
	for i, left := range b.left {
		if left < 5*time.Second || left > 10*time.Second {
			t.Errorf("write %d has %s left", i, left)
		}
	}
	if out.End(); b.write.IsZero() {
		t.Error("the last bytes have no deadline")
	}
}

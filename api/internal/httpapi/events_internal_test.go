package httpapi

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/live"
)

// bounds notes which deadline holds when something is written.
type bounds struct {
	*httptest.ResponseRecorder
	write time.Time
	left  []time.Duration
}

func (b *bounds) SetWriteDeadline(t time.Time) error { b.write = t; return nil }

func (b *bounds) Write(p []byte) (int, error) {
	b.left = append(b.left, time.Until(b.write))
	b.write = time.Time{}
	return b.ResponseRecorder.Write(p)
}

func TestEachWriteHasItsDeadline(t *testing.T) {
	t.Parallel()
	b := &bounds{ResponseRecorder: httptest.NewRecorder()}
	out := newSSE(b)
	message := live.Message{Name: "x", Data: []byte("{}")}
	for _, err := range []error{out.begin(), out.send(message, message), out.ping()} {
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
	if out.end(); b.write.IsZero() {
		t.Error("the last bytes have no deadline")
	}
}

package live_test

import (
	"testing"

	"github.com/fualab/fualab/api/internal/live"
)

// FuzzParseID proves that an accepted id does not change when it is written and
// read.
func FuzzParseID(f *testing.F) {
	for _, text := range []string{"", "0-0", "1763942400000-0", "18446744073709551615-18446744073709551615", "18446744073709551616-0", "1-", "-1", "01-1", "1-1\n", "٣-١"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := live.ParseID(text)
		if err != nil {
			return
		}
		again, err := live.ParseID(id.String())
		if err != nil || again != id || id.Before(again) || again.Before(id) {
			t.Errorf("%q is %v, and then %v, %v", text, id, again, err)
		}
	})
}

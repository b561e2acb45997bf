package worker

import (
	"testing"

	"github.com/fualab/fualab/shared/testcircle"
)

// TestCircles checks that imports point inwards, and that only the product
// names its entities.
func TestCircles(t *testing.T) {
	t.Parallel()
	const internal = "worker/internal/"
	testcircle.Circles{
		Kit:     []string{"shared", internal + "loop", internal + "nudge", internal + "outage", internal + "runner", internal + "task", internal + "tasktest"},
		Product: []string{internal + "items", "worker/product.go", "shared/items"},
		Words:   []string{"item"},
		Except:  []string{"worker/circles_test.go"},
	}.Check(t, "worker", ".")
}

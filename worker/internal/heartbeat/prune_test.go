package heartbeat

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

func TestPrune(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db, "")
		silent := func(instance string, since time.Duration) { // as of noon
			t.Helper()
			beat := model.NewTime(noon.Add(-since))
			w := &model.Worker{Instance: instance, StartedAt: beat, LastBeat: beat, Running: []string{}}
			if err := f.store.save(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
		left := func(want ...string) {
			t.Helper()
			got := make(map[string]bool)
			for instance := range f.beats() {
				got[instance] = true
			}
			all := map[string]bool{"host-1-abc": true}
			for _, instance := range want {
				all[instance] = true
			}
			if diff := cmp.Diff(all, got); diff != "" {
				t.Errorf("rows at %s (-want +got):\n%s", f.now.Sub(noon), diff)
			}
		}
		silent("outside", 24*time.Hour+time.Microsecond)
		silent("inside", 24*time.Hour)
		f.turn(0)
		left("inside")
		silent("later", 48*time.Hour)
		f.turn(time.Hour - time.Second)
		left("inside", "later")
		f.turn(time.Hour)
		left()
		if diff := cmp.Diff([]string{"INFO deleted the rows", "INFO deleted the rows"}, f.messages()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestPruneIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testdb.New(t, "sqlite"), "")
	beat := model.NewTime(noon.Add(-48 * time.Hour))
	for i := range pruneBatch + 1 {
		w := &model.Worker{Instance: fmt.Sprint("silent-", i), StartedAt: beat, LastBeat: beat, Running: []string{}}
		if err := f.store.save(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	f.turn(0)
	if n := len(f.beats()); n != 2 {
		t.Errorf("%d rows after the first beat, want its own and one", n)
	}
	f.turn(15 * time.Second)
	f.wantBeat(15)
}

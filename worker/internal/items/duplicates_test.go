package items

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
	"github.com/fualab/fualab/worker/internal/task"
)

// plain replaces the derivation of package text: names differ only in case.
func plain(_ int64, name string) (slug, fingerprint string) {
	return strings.ToLower(name), "f-" + strings.ToLower(name)
}

// create inserts an item as a client does, and returns its id.
func create(t *testing.T, db *database.DB, name string) int64 {
	t.Helper()
	item := items.New(items.Fields{Name: name}, model.NewTime(noon))
	if _, err := db.NewInsert().Model(item).ExcludeColumn("id").Returning("id").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	return item.ID
}

// rename changes an item as a client does.
func rename(t *testing.T, db *database.DB, id int64, name string) {
	t.Helper()
	change(t, db, "UPDATE items SET name = ?, version = version + 1, updated_at = ? WHERE id = ? AND deleted_at IS NULL", name, model.NewTime(noon), id)
}

// restore restores a deleted item as a client does.
func restore(t *testing.T, db *database.DB, id int64) {
	t.Helper()
	change(t, db, "UPDATE items SET deleted_at = NULL, fingerprint = NULL, version = version + 1, updated_at = ? WHERE id = ? AND deleted_at IS NOT NULL", model.NewTime(noon), id)
}

// remove deletes an item as a client does.
func remove(t *testing.T, db *database.DB, id int64) {
	t.Helper()
	change(t, db, "UPDATE items SET deleted_at = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL", model.NewTime(noon), id)
}

// comeDue makes an item overdue, so that the next pass expires it.
func comeDue(t *testing.T, db *database.DB, id int64) {
	t.Helper()
	change(t, db, "UPDATE items SET status = 'active', expires_at = ?0, updated_at = ?0 WHERE id = ?1 AND deleted_at IS NULL", model.NewTime(noon), id)
}

func change(t *testing.T, db *database.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Error(err)
	}
}

// enrichAll enriches in batches of limit until no item is pending.
func enrichAll(t *testing.T, s duplicates, limit int) {
	t.Helper()
	for range 10_000 {
		_, more, err := s.enrich(t.Context(), limit, plain)
		if err != nil {
			t.Error(err)
			return
		}
		if !more {
			return
		}
	}
	t.Error("enrichment does not end")
}

// wrong lists the violations of the final state of enriched items.
func wrong(t *testing.T, db *database.DB) []string {
	t.Helper()
	var living []items.Item
	if err := db.NewSelect().Model(&living).Where("deleted_at IS NULL").OrderExpr("id").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	var faults []string
	oldest := map[string]int64{}
	for _, i := range living {
		slug, fingerprint := plain(i.ID, i.Name)
		if i.EnrichedVersion != i.Version || i.Slug == nil || *i.Slug != slug || i.Fingerprint == nil || *i.Fingerprint != fingerprint {
			faults = append(faults, fmt.Sprintf("item %d: %+v", i.ID, i))
		}
		head, ok := oldest[fingerprint]
		if !ok {
			oldest[fingerprint] = i.ID
		}
		if ok != (i.DuplicateOf != nil) || ok && *i.DuplicateOf != head {
			faults = append(faults, fmt.Sprintf("item %d %q: duplicate of %s, want %d", i.ID, i.Name, show(i.DuplicateOf), head))
		}
		if !i.UpdatedAt.Std().Equal(noon) && i.Status != items.Expired {
			faults = append(faults, fmt.Sprintf("item %d: updated_at was touched", i.ID))
		}
	}
	return faults
}

func show(id *int64) string {
	if id == nil {
		return "none"
	}
	return fmt.Sprint(*id)
}

func checkDuplicates(t *testing.T, db *database.DB, after string) {
	t.Helper()
	for _, fault := range wrong(t, db) {
		t.Errorf("after %s: %s", after, fault)
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		other := create(t, db, "other")
		first, second, third := create(t, db, "same"), create(t, db, "Same"), create(t, db, "SAME")
		for _, step := range []struct {
			name string
			do   func()
		}{
			{"create", func() {}},
			{"rename of the oldest", func() { rename(t, db, first, "elsewhere") }},
			{"rename back", func() { rename(t, db, first, "same") }},
			{"an older one joins", func() { rename(t, db, other, "same") }},
			{"delete of the oldest", func() { remove(t, db, other) }},
			{"restore of the oldest", func() { restore(t, db, other) }},
			{"delete and restore before the next pass", func() { remove(t, db, other); restore(t, db, other) }},
			{"delete of the oldest, again", func() { remove(t, db, other) }},
			{"restore of the oldest and rename of the next", func() { restore(t, db, other); rename(t, db, first, "away") }},
			{"all but the last deleted", func() { remove(t, db, other); remove(t, db, second) }},
			{"all restored", func() { restore(t, db, other); restore(t, db, second); rename(t, db, first, "same") }},
			{"and the oldest deleted", func() { remove(t, db, other) }},
			{"oldest renamed and next deleted", func() { rename(t, db, first, "gone"); remove(t, db, second) }},
			{"delete of the last but one", func() { remove(t, db, first) }},
			{"change of another field", func() { rename(t, db, third, "SAME") }},
		} {
			step.do()
			enrichAll(t, s, 100)
			checkDuplicates(t, db, step.name)
			if again, more, err := s.enrich(t.Context(), 100, plain); again.Rows != 0 || more || err != nil {
				t.Errorf("after %s, again: %+v, %t, %v", step.name, again, more, err)
			}
		}
	})
}

// TestRepointingRaisesBothVersions proves that a re-pointed duplicate gets a
// new ETag.
func TestRepointingRaisesBothVersions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		first, second := create(t, db, "same"), create(t, db, "same")
		enrichAll(t, s, 100)
		remove(t, db, first)
		enrichAll(t, s, 100)
		if d := cmp.Diff([]int64{2, 2}, pair(t, db, second)); d != "" {
			t.Errorf("versions of the duplicate (-want +got):\n%s", d)
		}
	})
}

func pair(t *testing.T, db *database.DB, id int64) []int64 {
	t.Helper()
	var version, enriched int64
	if err := db.NewRaw("SELECT version, enriched_version FROM items WHERE id = ?", id).Scan(t.Context(), &version, &enriched); err != nil {
		t.Fatal(err)
	}
	return []int64{version, enriched}
}

// TestRepointingInBatches has more duplicates than fit in a batch. They move in
// several batches, and the oldest stays pending until the last one.
func TestRepointingInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		first := create(t, db, "same")
		for range 10 {
			create(t, db, "same")
		}
		enrichAll(t, s, 100)
		rename(t, db, first, "elsewhere")
		for i, want := range []struct {
			changed  int64
			enriched bool
		}{{5, false}, {4, false}, {3, true}} { // the item itself counts in the first and the last batch
			done, _, err := s.enrich(t.Context(), 4, plain)
			versions := pair(t, db, first)
			if err != nil || done.Rows != want.changed || (versions[0] == versions[1]) != want.enriched {
				t.Fatalf("batch %d: changed %+v, versions %v, %v; want %+v", i, done, versions, err, want)
			}
		}
		checkDuplicates(t, db, "rename")
	})
}

// TestJoiningInBatches has an older item that joins a pending one with more
// duplicates than fit in a batch. Both are in the batch, and it still makes
// progress.
func TestJoiningInBatches(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		joins, head := create(t, db, "other"), create(t, db, "same")
		for range 10 {
			create(t, db, "same")
		}
		enrichAll(t, s, 100)
		rename(t, db, joins, "same")
		rename(t, db, head, "same")
		enrichAll(t, s, 4)
		checkDuplicates(t, db, "the older one's turn")
	})
}

// TestEnrichAnyHistory has clients that create, rename, delete and restore
// between batches of any size, and purges. The final state is right in any
// order.
func TestEnrichAnyHistory(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		for seed := range uint64(15) {
			random := rand.New(rand.NewPCG(seed, 0))
			for range 60 {
				act(t, db, random)
				if random.IntN(3) == 0 {
					if _, _, err := s.enrich(t.Context(), 1+random.IntN(4), plain); err != nil {
						t.Fatal(err)
					}
				}
				if random.IntN(8) == 0 {
					if _, _, err := s.purge(t.Context(), model.NewTime(noon.Add(time.Hour)), 1+random.IntN(4)); err != nil {
						t.Fatal(err)
					}
				}
			}
			enrichAll(t, s, 1+random.IntN(4))
			checkDuplicates(t, db, fmt.Sprintf("history %d", seed))
		}
	})
}

// act makes a random change of a client.
func act(t *testing.T, db *database.DB, random *rand.Rand) {
	t.Helper()
	id := 1 + random.Int64N(40)
	name := []string{"a", "A", "b", "c"}[random.IntN(4)]
	switch random.IntN(9) {
	case 0, 1:
		create(t, db, name)
	case 7, 8:
		comeDue(t, db, 1+random.Int64N(40))
	case 2, 3:
		rename(t, db, id, name)
	case 4:
		restore(t, db, id)
	default:
		remove(t, db, id)
	}
}

func TestEnrichConcurrently(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		var wg sync.WaitGroup
		for worker := range uint64(4) {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(worker, 1))
				for range 40 {
					act(t, db, random)
					if _, _, err := s.enrich(t.Context(), 7, plain); err != nil {
						t.Error(err)
					}
					if _, err := expire(t.Context(), db, model.NewTime(noon.Add(time.Hour)), 7); err != nil {
						t.Error(err)
					}
					if random.IntN(4) == 0 {
						if _, _, err := s.purge(t.Context(), model.NewTime(noon.Add(time.Hour)), 3); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		enrichAll(t, s, 7)
		checkDuplicates(t, db, "four workers and clients")
	})
}

// TestChangeBetweenReadAndWrite proves that a client's change between the read
// and the write wins, and that the item stays pending.
func TestChangeBetweenReadAndWrite(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		s := duplicates{db}
		id := create(t, db, "same")
		rename(t, db, id, "meanwhile")
		err := s.inOrder(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			stale := &enrichment{ID: id, Read: 1, Version: 1, EnrichedVersion: 1}
			if saved, err := s.saveEnrichments(ctx, tx, []*enrichment{stale}); len(saved) != 0 || err != nil {
				t.Errorf("changed %d, %v; want 0", saved, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]int64{2, 0}, pair(t, db, id)); d != "" {
			t.Errorf("versions (-want +got):\n%s", d)
		}
	})
}

// TestEnrichPassesOverLockedRows proves that a row that a client has locked
// waits for the next batch.
func TestEnrichPassesOverLockedRows(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "postgres")
	s := duplicates{db}
	held, free := create(t, db, "same"), create(t, db, "same")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "SELECT FROM items WHERE id = ? FOR UPDATE", held); err != nil {
		t.Fatal(err)
	}
	if done, _, err := s.enrich(t.Context(), 100, plain); !cmp.Equal(done, task.Changes{Rows: 1, IDs: []int64{free}}) || err != nil {
		t.Errorf("changed %+v, %v; want item %d", done, err, free)
	}
	if d := cmp.Diff([]int64{1, 1}, pair(t, db, free)); d != "" {
		t.Errorf("versions (-want +got):\n%s", d)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	enrichAll(t, s, 100)
	checkDuplicates(t, db, "release")
}

// TestPurgePassesOverLockedRows proves that an item that a client is restoring
// is not purged.
func TestPurgePassesOverLockedRows(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, "postgres")
	s := duplicates{db}
	held, free := create(t, db, "same"), create(t, db, "same")
	remove(t, db, held)
	remove(t, db, free)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "UPDATE items SET deleted_at = NULL WHERE id = ?", held); err != nil {
		t.Fatal(err)
	}
	later := model.NewTime(noon.Add(time.Hour))
	if done, _, err := s.purge(t.Context(), later, 100); !cmp.Equal(done, task.Changes{Rows: 1, IDs: []int64{free}}) || err != nil {
		t.Errorf("purged %+v, %v; want item %d", done, err, free)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if done, _, err := s.purge(t.Context(), later, 100); done.Rows != 0 || err != nil {
		t.Errorf("purged %+v, %v; want no item", done, err)
	}
}

// TestEnrichIsAllOrNothing proves that a failed batch changes nothing.
func TestEnrichIsAllOrNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		id := create(t, db, "same")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := (duplicates{db}).enrich(ctx, 100, func(id int64, name string) (string, string) {
			cancel()
			return plain(id, name)
		}); err == nil {
			t.Error("no error")
		}
		if d := cmp.Diff([]int64{1, 0}, pair(t, db, id)); d != "" {
			t.Errorf("versions (-want +got):\n%s", d)
		}
	})
}

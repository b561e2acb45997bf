package items

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/items"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestCreateAtOnce has many requests create and read at the same time: each
// gets its own item.
func TestCreateAtOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, createAtOnce)
}

// TestCreateAtOnceUnprepared is for a pooler that keeps no prepared statements.
func TestCreateAtOnceUnprepared(t *testing.T) {
	t.Parallel()
	given := testdb.NewURL(t, "postgres")
	u, err := url.Parse(given.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("default_query_exec_mode", "exec")
	u.RawQuery = query.Encode()
	var unprepared config.DatabaseURL
	if err := unprepared.UnmarshalText([]byte(u.String())); err != nil {
		t.Fatal(err)
	}
	createAtOnce(t, testdb.Open(t, unprepared))
}

func createAtOnce(t *testing.T, db *database.DB) {
	s := NewStore(db, time.Now)
	ids := make([]int64, 200)
	faults := make([]error, len(ids))
	var done sync.WaitGroup
	for i := range ids {
		done.Go(func() {
			expiry := model.NewTime(time.Unix(int64(2_000_000_000+i), 0))
			fields := items.Fields{
				Name: fmt.Sprintf("Größe %d", i), Description: `"quoted" \ {braces}, NULL`, Attributes: model.Attributes(fmt.Sprintf(`{"n":%d}`, i)),
			}
			if i%2 == 0 {
				fields.ExpiresAt = &expiry
			}
			made, err := s.CreateItem(t.Context(), fields)
			if err != nil {
				faults[i] = err
				return
			}
			ids[i] = made.ID
			got, err := s.Item(t.Context(), made.ID)
			if err != nil {
				faults[i] = err
				return
			}
			if got.Fields().Name != fields.Name || got.Description != fields.Description || got.Attributes != fields.Attributes ||
				(got.ExpiresAt == nil) != (i%2 == 1) || got.Version != 1 || got.CreatedAt != made.CreatedAt || got.UpdatedAt != made.UpdatedAt {
				faults[i] = fmt.Errorf("made %+v, read %+v", made, got)
			}
			if i%2 == 0 && *got.ExpiresAt != expiry {
				faults[i] = fmt.Errorf("expires at %s, want %s", got.ExpiresAt, expiry)
			}
		})
	}
	done.Wait()
	if err := errors.Join(faults...); err != nil {
		t.Fatal(err)
	}
	seen := make(map[int64]bool)
	for _, id := range ids {
		if id == 0 || seen[id] {
			t.Errorf("the id %d is not one item's alone", id)
		}
		seen[id] = true
	}
	if _, err := s.Item(t.Context(), 1<<60); !errs.Is(err, errs.NotFound) {
		t.Errorf("an item that is not there: %v", err)
	}
}

// TestOneBadItemAmongMany has Postgres refuse one of the items that share a
// statement.
func TestOneBadItemAmongMany(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, testdb.NewURL(t, "postgres"))
	s := NewStore(db, time.Now)
	faults := make([]error, 50)
	var done sync.WaitGroup
	for i := range faults {
		done.Go(func() {
			name := fmt.Sprint("item ", i)
			if i == 7 {
				name += "\x00" // which no request may have in it
			}
			_, faults[i] = s.CreateItem(t.Context(), items.Fields{Name: name, Attributes: model.NoAttributes})
		})
	}
	done.Wait()
	for i, err := range faults {
		if errs.Is(err, errs.Invalid) != (i == 7) || (err != nil) != (i == 7) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n, err := s.CountItems(t.Context(), Filter{}); n != int64(len(faults)-1) || err != nil {
		t.Errorf("%d items, %v", n, err)
	}
}

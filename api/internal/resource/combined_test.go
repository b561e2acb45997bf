package resource_test

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/resource/resourcetest"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// TestCreateAtOnce has many requests create and read at the same time: each
// gets its own row.
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
	t.Helper()
	resourcetest.CreateTables(t, db)
	s := resourcetest.Things().Store(resource.Deps{DB: db, Now: time.Now})
	ids := make([]int64, 200)
	faults := make([]error, len(ids))
	var done sync.WaitGroup
	for i := range ids {
		done.Go(func() {
			due := model.NewTime(time.Unix(int64(2_000_000_000+i), 0))
			made := resourcetest.Thing{
				Name: fmt.Sprintf("Größe %d", i), Notes: `"quoted" \ {braces}, NULL`, State: "open", Extra: model.Attributes(fmt.Sprintf(`{"n":%d}`, i)),
			}
			if i%2 == 0 {
				made.Due = &due
			}
			if faults[i] = s.Create(t.Context(), access.Caller{}, &made); faults[i] != nil {
				return
			}
			ids[i] = made.ID
			got, err := s.Read(t.Context(), access.Caller{}, made.ID)
			if err != nil {
				faults[i] = err
				return
			}
			if got.Name != made.Name || got.Notes != made.Notes || got.Extra != made.Extra || got.State != made.State ||
				(got.Due == nil) != (i%2 == 1) || got.Version != 1 || got.CreatedAt != made.CreatedAt || got.UpdatedAt != made.UpdatedAt {
				faults[i] = fmt.Errorf("made %+v, read %+v", made, got)
			}
			if i%2 == 0 && *got.Due != due {
				faults[i] = fmt.Errorf("due at %s, want %s", got.Due, due)
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
			t.Errorf("the id %d is not one row's alone", id)
		}
		seen[id] = true
	}
	if _, err := s.Read(t.Context(), access.Caller{}, 1<<60); !errs.Is(err, errs.NotFound) {
		t.Errorf("a row that is not there: %v", err)
	}
}

// TestOneBadRowAmongMany has Postgres refuse one of the rows that share a
// statement.
func TestOneBadRowAmongMany(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, testdb.NewURL(t, "postgres"))
	resourcetest.CreateTables(t, db)
	s := resourcetest.Things().Store(resource.Deps{DB: db, Now: time.Now})
	faults := make([]error, 50)
	var done sync.WaitGroup
	for i := range faults {
		done.Go(func() {
			name := fmt.Sprint("thing ", i)
			if i == 7 {
				name += "\xff" // which no request may have in it
			}
			faults[i] = s.Create(t.Context(), access.Caller{}, &resourcetest.Thing{Name: name, State: "open"})
		})
	}
	done.Wait()
	for i, err := range faults {
		if errs.Is(err, errs.Invalid) != (i == 7) || (err != nil) != (i == 7) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n, err := db.NewSelect().Table("things").Count(t.Context()); n != int64(len(faults)-1) || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

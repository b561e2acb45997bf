package resource_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/access"
	"github.com/fualab/fualab/api/internal/resource"
	"github.com/fualab/fualab/api/internal/resource/resourcetest"
	"github.com/fualab/fualab/api/internal/rest"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

func TestHooksRunInTheTransactionOfTheChange(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		var seen []string
		things := resourcetest.Things().
			Prepare(func(old, row *resourcetest.Thing, now model.Time) {
				slug := strings.ToLower(row.Name)
				row.Slug = &slug
				if now.IsZero() || old == nil != (row.Version == 1) {
					t.Error("prepare:", old, row, now)
				}
			}).
			Validate(func(_, row *resourcetest.Thing) []resource.Fault {
				if row.Name == "odd" {
					return []resource.Fault{{Member: "name", Message: "must not be odd"}}
				}
				return nil
			}).
			BeforeWrite(func(ctx context.Context, tx bun.Tx, _, row *resourcetest.Thing) error {
				n, err := tx.NewSelect().Table("things").Where("name = ?", row.Name).Where("id <> ?", row.ID).Count(ctx)
				if err == nil && n > 1 {
					err = errs.New(errs.Conflict, "There are two already.")
				}
				return err
			}).
			AfterWrite(func(_ context.Context, _ bun.Tx, change resource.Written[resourcetest.Thing]) error {
				before := "-"
				if change.Old != nil {
					before = fmt.Sprint(change.Old.Version)
				}
				seen = append(seen, fmt.Sprintf("%s %s>%d", change.What, before, change.New.Version))
				if change.New.Name == "late" {
					return errs.New(errs.Forbidden, "Too late.")
				}
				return nil
			})
		s := resourcetest.Serve(t, db, resourcetest.Of(things))
		row := s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "A"})
		if slug := row.Row(t)["slug"]; slug != "a" {
			t.Error("slug", slug)
		}
		at := row.Header.Get("Location")
		s.Want(http.StatusOK, http.MethodPatch, at, map[string]any{"name": "B"})
		if slug := s.Want(http.StatusOK, http.MethodGet, at, nil).Row(t)["slug"]; slug != "b" {
			t.Error("slug", slug)
		}
		s.Want(http.StatusNoContent, http.MethodDelete, at, nil)
		s.Want(http.StatusOK, http.MethodPost, at+"/restore", nil)
		if diff := cmp.Diff([]string{"create ->1", "change 1>2", "delete 2>3", "restore 3>4"}, seen); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		odd := s.Want(http.StatusUnprocessableEntity, http.MethodPost, "/api/things/batch", []any{map[string]any{"name": "even"}, map[string]any{"name": "odd"}})
		if !strings.Contains(odd.Body, `"pointer":"#/1/name"`) || !strings.Contains(odd.Body, "must not be odd") {
			t.Error(odd.Body)
		}
		s.Events()
		s.Want(http.StatusForbidden, http.MethodPatch, at, map[string]any{"name": "late"})
		if name := s.Want(http.StatusOK, http.MethodGet, at, nil, "Cache-Control", "no-cache").Row(t)["name"]; name != "B" {
			t.Error("a change that a hook has refused is there:", name)
		}
		twice := map[string]any{"name": "C"}
		s.Want(http.StatusCreated, http.MethodPost, "/api/things/batch", []any{twice, twice})
		s.Want(http.StatusConflict, http.MethodPost, "/api/things", twice)
		if all := s.Events(); len(all) != 1 {
			t.Error("events of refused changes:", all)
		}
	})
}

func TestInvisibleRowsDoNotExist(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		hidden := resourcetest.Things().Visible(func(query *bun.SelectQuery, caller access.Caller) *bun.SelectQuery {
			return query.Where("created_by = ?", caller.ID).Where("name <> ?", "secret")
		})
		s := resourcetest.Serve(t, db, resourcetest.Of(hidden))
		s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "open"})
		secret := s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "secret"}).Header.Get("Location")
		for _, e := range s.Events() {
			if e.Name != "" {
				t.Error("an event tells a name:", e)
			}
		}
		for range 2 { // the cache holds none of it
			s.Want(http.StatusNotFound, http.MethodGet, secret, nil)
			list := s.Want(http.StatusOK, http.MethodGet, "/api/things?total=true", nil)
			if len(list.Rows(t)) != 1 || list.Header.Get("X-Total-Count") != "1" {
				t.Error(list.Body, list.Header)
			}
		}
		s.Want(http.StatusNotFound, http.MethodPatch, secret, map[string]any{})
		s.Want(http.StatusNotFound, http.MethodDelete, secret, nil)
		s.Want(http.StatusNotFound, http.MethodPost, secret+"/restore", nil)
		if file := s.Want(http.StatusOK, http.MethodGet, "/api/things/export", nil).Body; strings.Contains(file, "secret") {
			t.Error(file)
		}
	})
}

func TestCallersAreRecorded(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		s := resourcetest.Serve(t, db, resourcetest.Of(resourcetest.Things()))
		at := s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "A"}).Header.Get("Location")
		if row := s.Want(http.StatusOK, http.MethodGet, at, nil).Row(t); row["created_by"] != nil {
			t.Error("a client sees", row)
		}
		var created, updated string
		if err := db.NewSelect().Table("things").Column("created_by", "updated_by").Scan(t.Context(), &created, &updated); err != nil {
			t.Fatal(err)
		}
		if created != "token:2" || updated != "token:2" {
			t.Error(created, updated)
		}
	})
}

type pingOutput struct {
	Body struct {
		Pong bool `json:"pong"`
	}
}

func TestAnOperationCanBeReplaced(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		things := resourcetest.Things().Replace(resource.Create, func(api *rest.API, op rest.Operation, s *resource.Store[resourcetest.Thing]) {
			rest.Handle(api, op, func(ctx context.Context, _ *struct{}) (*pingOutput, error) {
				out := new(pingOutput)
				out.Body.Pong = true
				return out, s.Create(ctx, access.From(ctx), &resourcetest.Thing{Name: "made", State: "open"})
			})
		})
		s := resourcetest.Serve(t, db, resourcetest.Of(things))
		if r := s.Want(http.StatusCreated, http.MethodPost, "/api/things", nil); strings.TrimSpace(r.Body) != `{"pong":true}` {
			t.Error(r.Body)
		}
		if rows := s.Want(http.StatusOK, http.MethodGet, "/api/things", nil).Rows(t); len(rows) != 1 || rows[0]["name"] != "made" {
			t.Error(rows)
		}
	})
}

func TestReferencesAreHeld(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		resourcetest.CreateTables(t, db)
		s := resourcetest.Serve(t, db, resourcetest.Of(resourcetest.Things()), resourcetest.Of(resourcetest.Parts()))
		thing := func() int64 {
			return s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "A"}).ID(t)
		}
		first, second, gone := thing(), thing(), thing()
		s.Want(http.StatusNoContent, http.MethodDelete, fmt.Sprintf("/api/things/%d", gone), nil)
		part := func(serial int, to any) map[string]any {
			return map[string]any{"title": "P", "serial": serial, "thing_id": to}
		}
		for _, id := range []int64{gone, 99, 0, -1} {
			r := s.Want(http.StatusUnprocessableEntity, http.MethodPost, "/api/parts", part(1, id))
			if !strings.Contains(r.Body, `"pointer":"#/thing_id"`) || !strings.Contains(r.Body, "is not the id of any of the things") {
				t.Error(id, r.Body)
			}
		}
		r := s.Want(http.StatusUnprocessableEntity, http.MethodPost, "/api/parts/batch", []any{part(1, first), part(2, 99)})
		if !strings.Contains(r.Body, `"pointer":"#/1/thing_id"`) {
			t.Error(r.Body)
		}
		at := s.Want(http.StatusCreated, http.MethodPost, "/api/parts", part(1, first)).Header.Get("Location")
		s.Want(http.StatusCreated, http.MethodPost, "/api/parts", part(2, second))
		s.Want(http.StatusUnprocessableEntity, http.MethodPatch, at, map[string]any{"spare_id": 99})
		s.Want(http.StatusOK, http.MethodPatch, at, map[string]any{"spare_id": second})
		for query, want := range map[string]int{fmt.Sprintf("thing_id=%d", first): 1, fmt.Sprintf("thing_id=%d", gone): 0, fmt.Sprintf("spare_id=%d", second): 1} {
			if rows := s.Want(http.StatusOK, http.MethodGet, "/api/parts?"+query, nil).Rows(t); len(rows) != want {
				t.Error(query, rows)
			}
		}
		// A part outlives the deletion of its thing, and can be changed; but not made refer to it.
		s.Want(http.StatusNoContent, http.MethodDelete, fmt.Sprintf("/api/things/%d", first), nil)
		s.Want(http.StatusOK, http.MethodPatch, at, map[string]any{"title": "Q"})
		s.Want(http.StatusUnprocessableEntity, http.MethodPatch, at, map[string]any{"spare_id": first})
	})
}

// TestForeignKeysNameTheField has the database find a missing row that no query has looked for.
func TestForeignKeysNameTheField(t *testing.T) {
	db := testdb.New(t, "postgres")
	resourcetest.CreateTables(t, db)
	parts := resourcetest.Parts().BeforeWrite(func(_ context.Context, _ bun.Tx, _, row *resourcetest.Part) error {
		row.ThingID = 99
		return nil
	})
	s := resourcetest.Serve(t, db, resourcetest.Of(resourcetest.Things()), resourcetest.Of(parts))
	id := s.Want(http.StatusCreated, http.MethodPost, "/api/things", map[string]any{"name": "A"}).ID(t)
	r := s.Want(http.StatusUnprocessableEntity, http.MethodPost, "/api/parts", map[string]any{"title": "P", "serial": 1, "thing_id": id})
	if !strings.Contains(r.Body, `"pointer":"#/thing_id"`) {
		t.Error(r.Body)
	}
}

package keyset_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/fualab/fualab/api/internal/keyset"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
	"github.com/fualab/fualab/shared/testdb"
)

// row has a column of each kind, with ties and NULLs.
type row struct {
	bun.BaseModel `bun:"table:keyset_rows"`

	ID    int64 `bun:",pk"`
	Name  string
	Due   *model.Time
	Size  int64
	Price *float64
}

var orders = []keyset.Order{
	{Column: keyset.ID},
	{Column: "name", Kind: keyset.Text},
	{Column: "due", Kind: keyset.Instant, Nullable: true},
	{Column: "size", Kind: keyset.Integer},
	{Column: "price", Kind: keyset.Number, Nullable: true},
}

func (r *row) position(o keyset.Order) keyset.Position {
	at := keyset.Position{ID: r.ID}
	switch o.Column {
	case "name":
		at.Key = r.Name
	case "due":
		if r.Due != nil {
			at.Key = *r.Due
		}
	case "size":
		at.Key = r.Size
	case "price":
		if r.Price != nil {
			at.Key = *r.Price
		}
	}
	return at
}

func rowOf(id int64) *row {
	r := &row{ID: id, Name: fmt.Sprintf("n%d", id*7%5), Size: id * 3 % 4}
	if id%3 != 0 {
		due := model.NewTime(time.Date(2030, 1, int(id*5%9)+1, 0, 0, 0, 0, time.UTC))
		r.Due = &due
	}
	if id%4 != 0 {
		price := float64(id*11%7) / 4
		r.Price = &price
	}
	return r
}

func begin(t *testing.T, db *database.DB, ids ...int64) {
	t.Helper()
	times, numbers := "TEXT", "REAL"
	if db.IsPostgres() {
		times, numbers = "timestamptz", "double precision"
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE keyset_rows (id bigint PRIMARY KEY, name text NOT NULL, due "+times+", size bigint NOT NULL, price "+numbers+")"); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		insert(t, db, id)
	}
}

func insert(t *testing.T, db *database.DB, id int64) {
	t.Helper()
	if _, err := db.NewInsert().Model(rowOf(id)).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(ctx context.Context, db *database.DB, p keyset.Page) ([]*row, bool, error) {
	return keyset.Read(p, func(narrow func(*bun.SelectQuery) *bun.SelectQuery) ([]*row, error) {
		var rows []*row
		err := narrow(db.NewSelect().Model(&rows)).Scan(ctx)
		return rows, err
	})
}

// TestPagesHaveEachRowOnce walks each order forward and back in pages of each
// size, by the cursors of links. Meanwhile it inserts and deletes rows that are
// in no page yet.
func TestPagesHaveEachRowOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		var want []int64
		for id := int64(2); id <= 46; id += 2 {
			want = append(want, id)
		}
		begin(t, db, want...)
		for _, order := range orders {
			for _, descending := range []bool{false, true} {
				order.Descending = descending
				all, more, err := read(t.Context(), db, keyset.Page{Order: order, Limit: 1000})
				if err != nil || more || len(all) != len(want) {
					t.Fatal(order, len(all), more, err)
				}
				for _, limit := range []int{1, 3, 7, len(want)} {
					walk(t, db, keyset.Page{Order: order, Limit: limit}, idsOf(all))
				}
			}
		}
	})
}

func walk(t *testing.T, db *database.DB, p keyset.Page, want []int64) {
	t.Helper()
	query := url.Values{"sort": {p.Order.Column}}
	forth, last := pages(t, db, p, query, "next")
	if diff := cmp.Diff(want, slices.Concat(forth...)); diff != "" {
		t.Errorf("%+v by %d forward (-want +got):\n%s", p.Order, p.Limit, diff)
	}
	back, _ := pages(t, db, last, query, "prev")
	slices.Reverse(back)
	if diff := cmp.Diff(want, slices.Concat(back...)); diff != "" {
		t.Errorf("%+v by %d back (-want +got):\n%s", p.Order, p.Limit, diff)
	}
}

// pages follows the links of one relation from a page on. It returns the ids of
// each page, and the last page. While it reads, rows with odd ids come and go;
// the result omits them.
func pages(t *testing.T, db *database.DB, p keyset.Page, query url.Values, rel string) (ids [][]int64, last keyset.Page) {
	t.Helper()
	for n := int64(0); n < 100; n++ {
		odd := 2*n + 1
		insert(t, db, odd)
		rows, more, err := read(t.Context(), db, p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.NewDelete().Model((*row)(nil)).Where("id = ?", odd).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return ids, last
		}
		if even := slices.DeleteFunc(idsOf(rows), func(id int64) bool { return id%2 != 0 }); len(even) > 0 {
			last, ids = p, append(ids, even)
		}
		links := p.Links("/rows", query, rows[0].position(p.Order), rows[len(rows)-1].position(p.Order), more)
		i := slices.IndexFunc(links, func(l string) bool { return strings.Contains(l, `rel="`+rel+`"`) })
		if i < 0 {
			return ids, last
		}
		if p.From, err = p.Order.Position(cursorOf(t, links[i]), query); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the pages do not end")
	return nil, p
}

func cursorOf(t *testing.T, link string) string {
	t.Helper()
	target, err := url.Parse(link[1:strings.IndexByte(link, '>')])
	if err != nil {
		t.Fatal(err)
	}
	return target.Query().Get("cursor")
}

func idsOf(rows []*row) []int64 {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

func TestNullsStandBehindAllValues(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		begin(t, db, 1, 2, 3, 6)
		for descending, want := range map[bool][]int64{false: {2, 1, 3, 6}, true: {6, 3, 1, 2}} {
			rows, _, err := read(t.Context(), db, keyset.Page{Order: keyset.Order{Column: "due", Kind: keyset.Instant, Nullable: true, Descending: descending}, Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, idsOf(rows)); diff != "" {
				t.Errorf("descending %v (-want +got):\n%s", descending, diff)
			}
		}
	})
}

func TestCursors(t *testing.T) {
	t.Parallel()
	query, other := url.Values{"sort": {"x"}}, url.Values{"sort": {"-x"}}
	due := keyset.Order{Column: "due", Kind: keyset.Instant, Nullable: true}
	at := keyset.Position{Key: model.NewTime(time.Unix(1, 0)), ID: 7, Before: true}
	for name, c := range map[string]struct {
		order keyset.Order
		at    keyset.Position
	}{
		"id":             {keyset.Order{Column: keyset.ID}, keyset.Position{ID: 7}},
		"text":           {keyset.Order{Column: "name"}, keyset.Position{Key: "a\"\u2028", ID: 1, Before: true}},
		"empty text":     {keyset.Order{Column: "name", Nullable: true}, keyset.Position{Key: "", ID: 1}},
		"instant":        {due, at},
		"NULL":           {due, keyset.Position{ID: 7}},
		"a large number": {keyset.Order{Column: "n", Kind: keyset.Integer}, keyset.Position{Key: int64(1<<62 + 1), ID: 1}},
		"a fraction":     {keyset.Order{Column: "n", Kind: keyset.Number}, keyset.Position{Key: 0.1, ID: 1}},
	} {
		got, err := c.order.Position(c.order.Cursor(c.at, query), query)
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(&c.at, got, cmp.Comparer(func(a, b model.Time) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if from, err := due.Position("", query); from != nil || err != nil {
		t.Error("no cursor:", from, err)
	}
	for name, text := range map[string]string{
		"another query": due.Cursor(at, other),
		"no base64":     "%",
		"no JSON":       "AAAA",
		"another kind":  keyset.Order{Column: "name"}.Cursor(keyset.Position{Key: "x"}, query),
	} {
		if _, err := due.Position(text, query); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, c := range map[string]struct {
		order keyset.Order
		key   any
	}{
		"NULL where none is":  {keyset.Order{Column: "name"}, nil},
		"a NUL":               {keyset.Order{Column: "name"}, "a\x00"},
		"a number that is no": {keyset.Order{Column: "n", Kind: keyset.Number}, "NaN"},
	} {
		if _, err := c.order.Position(c.order.Cursor(keyset.Position{Key: c.key}, query), query); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

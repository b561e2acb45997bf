package resource

import (
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/model"
)

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Search narrows query, of a table with the column search_text, to the rows whose text contains text. It uses the
// trigram index of either dialect, which is the table with _search behind its name on SQLite. A text that is too short
// for a trigram is looked for row by row.
func Search(query *bun.SelectQuery, db *database.DB, table, text string) *bun.SelectQuery {
	key := model.SearchKey(text)
	switch {
	case db.IsPostgres():
		return query.Where("search_text LIKE ?", "%"+escapeLike.Replace(key)+"%")
	case utf8.RuneCountInString(key) < 3:
		return query.Where("instr(search_text, ?) > 0", key)
	default:
		index := bun.Ident(table + "_search")
		phrase := `"` + strings.ReplaceAll(key, `"`, `""`) + `"`
		return query.Where("id IN (SELECT rowid FROM ? WHERE ? MATCH ?)", index, index, phrase)
	}
}

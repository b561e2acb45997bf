package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The API's requests share a statement. pgbench sends one statement per row,
// as the API does for a lone row.

// readStatement returns the API's statement that reads an item, with :n for its id.
func (p *platform) readStatement(ctx context.Context, api *process) (string, error) {
	if _, err := get(ctx, api.url+"/api/items/1"); err != nil {
		return "", err
	}
	text, err := p.statement(ctx, "SELECT")
	if err != nil {
		return "", err
	}
	script := strings.Replace(text, "= ANY($1)", "= :n", 1)
	if script == text {
		return "", fmt.Errorf("the API's SELECT does not filter by ids: %s", text)
	}
	return script, nil
}

// writeStatement returns the API's statement that creates an item, with :n for
// the number in its name.
func (p *platform) writeStatement(ctx context.Context, api *process) (string, error) {
	const number = 987_654_321
	id, err := create(ctx, api.url, fmt.Sprintf("Sample %d", number))
	if err != nil {
		return "", err
	}
	text, err := p.statement(ctx, "INSERT")
	if err != nil {
		return "", err
	}
	if text, err = p.bound(ctx, text, id); err != nil {
		return "", err
	}
	return variable(text, number)
}

// statement returns the API's newest statement on items that begins with verb,
// from Postgres' pg_stat_activity.
func (p *platform) statement(ctx context.Context, verb string) (text string, err error) {
	err = p.db.NewRaw(`SELECT query FROM pg_stat_activity WHERE application_name = 'fualab-api' AND datname = current_database()
		AND query LIKE ? || '%items%' ORDER BY query_start DESC LIMIT 1`, verb).Scan(ctx, &text)
	if err != nil {
		return "", fmt.Errorf("look for the API's %s in pg_stat_activity: %w", verb, err)
	}
	return text, nil
}

var columnList = regexp.MustCompile(`INSERT INTO items \(([a-z_, ]+)\)`)

// bound returns an INSERT of one row into the columns of insert, with the values
// of the item.
func (p *platform) bound(ctx context.Context, insert string, id int64) (string, error) {
	columns := columnList.FindStringSubmatch(insert)
	if columns == nil {
		return "", fmt.Errorf("the API's INSERT names no columns: %s", insert)
	}
	names := strings.Split(columns[1], ",")
	literals := make([]string, len(names))
	for i, name := range names {
		// The name is the API's own.
		if err := p.db.NewRaw("SELECT quote_nullable(("+name+")::text) FROM items WHERE id = ?", id).Scan(ctx, &literals[i]); err != nil {
			return "", fmt.Errorf("read %s of item %d: %w", name, id, err)
		}
	}
	return "INSERT INTO items (" + columns[1] + ") VALUES (" + strings.Join(literals, ", ") + ") RETURNING id", nil
}

// variable replaces value by pgbench's variable n.
func variable(statement string, value int) (string, error) {
	script := regexp.MustCompile(`\b`+strconv.Itoa(value)+`\b`).ReplaceAllString(statement, ":n")
	if script == statement {
		return "", fmt.Errorf("the API's statement does not hold %d: %s", value, statement)
	}
	return script, nil
}

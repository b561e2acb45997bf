package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// readStatement is what the API asks to read an item, with :n for its id.
func (p *platform) readStatement(ctx context.Context, api *process) (string, error) {
	const id = 4321
	if _, err := get(ctx, fmt.Sprintf("%s/api/items/%d", api.url, id)); err != nil {
		return "", err
	}
	text, err := p.statement(ctx, "SELECT")
	if err != nil {
		return "", err
	}
	return variable(strings.ReplaceAll(text, "$1", strconv.Itoa(id)), id)
}

// writeStatement is what the API asks to create an item, with :n for the
// number in its name.
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

// statement returns the newest statement on items that the API has sent and
// that begins with verb, as Postgres has it in pg_stat_activity.
func (p *platform) statement(ctx context.Context, verb string) (text string, err error) {
	err = p.db.NewRaw(`SELECT query FROM pg_stat_activity WHERE application_name = 'fualab-api' AND datname = current_database()
		AND query LIKE ? || '%items%' ORDER BY query_start DESC LIMIT 1`, verb).Scan(ctx, &text)
	if err != nil {
		return "", fmt.Errorf("look for the API's %s in pg_stat_activity: %w", verb, err)
	}
	return text, nil
}

var (
	columnList = regexp.MustCompile(`\(([^()]*)\)`)
	parameter  = regexp.MustCompile(`\$\d+`)
)

// bound returns an INSERT with the values that the item has in the place of its
// parameters, which stand for its columns in turn. One that has none, as with
// the simple protocol, is returned as it is.
func (p *platform) bound(ctx context.Context, insert string, id int64) (string, error) {
	if !parameter.MatchString(insert) {
		return insert, nil
	}
	columns := columnList.FindStringSubmatch(insert)
	if columns == nil {
		return "", fmt.Errorf("the API's INSERT names no columns: %s", insert)
	}
	names := strings.Split(columns[1], ",")
	if last := fmt.Sprintf("$%d", len(names)); !strings.Contains(insert, last) || strings.Contains(insert, fmt.Sprintf("$%d", len(names)+1)) {
		return "", fmt.Errorf("the API's INSERT has other parameters than columns: %s", insert)
	}
	literals := make([]string, len(names))
	for i, name := range names {
		// The name is the API's own, quoted as it has to be.
		if err := p.db.NewRaw("SELECT quote_nullable(("+name+")::text) FROM items WHERE id = ?", id).Scan(ctx, &literals[i]); err != nil {
			return "", fmt.Errorf("read %s of item %d: %w", name, id, err)
		}
	}
	return parameter.ReplaceAllStringFunc(insert, func(p string) string {
		n, _ := strconv.Atoi(p[1:]) // digits
		return literals[n-1]
	}), nil
}

// variable puts pgbench's variable n in the place of value.
func variable(statement string, value int) (string, error) {
	script := regexp.MustCompile(`\b`+strconv.Itoa(value)+`\b`).ReplaceAllString(statement, ":n")
	if script == statement {
		return "", fmt.Errorf("the API's statement does not hold %d: %s", value, statement)
	}
	return script, nil
}

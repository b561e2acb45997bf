package migrations

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// During a deployment, and long after a rollback, the old program runs on the
// new schema. So a migration only adds. A migration that removes something
// needs a line with the reason why the old program still works:
//
//	-- contract: 0007        the step of an earlier release that made it unnecessary
//	-- keeps: why            it removes nothing that a running program uses
//	-- keeps: why            it takes nothing away from a program that runs
var (
	contract = regexp.MustCompile(`(?m)^-- contract: (\d{4})$`)
	keeps    = regexp.MustCompile(`(?m)^-- keeps: \S.*$`)

	comments = regexp.MustCompile(`(?m)--.*$`)
	strs     = regexp.MustCompile(`'[^']*'`)
	bodies   = regexp.MustCompile(`(?s)\$\$.*?\$\$`)
	spaces   = regexp.MustCompile(`\s+`)

	created = regexp.MustCompile(`^CREATE TABLE (?:IF NOT EXISTS )?([^\s(]+)`)
	altered = regexp.MustCompile(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\S+)`)
	indexed = regexp.MustCompile(`^CREATE UNIQUE INDEX .*? ON (?:ONLY )?([^\s(]+)`)
	clauses = regexp.MustCompile(`\b(?:ADD|ALTER)\b`)
	filled  = regexp.MustCompile(`\b(?:DEFAULT|GENERATED|DROP NOT NULL)\b`)
)

// takesAway are the ways to break a program that expects the old schema.
var takesAway = []struct {
	what string
	in   *regexp.Regexp
}{
	{"drops", regexp.MustCompile(`\bDROP (?:TABLE|COLUMN|CONSTRAINT|DEFAULT|INDEX|TRIGGER|FUNCTION|VIEW|MATERIALIZED VIEW|TYPE|SEQUENCE|SCHEMA|EXTENSION)\b|^ALTER TABLE .*\bDROP (?:IF EXISTS )?[A-Z_]|^TRUNCATE\b`)},
	{"renames", regexp.MustCompile(`^ALTER .*\bRENAME\b`)},
	{"changes a type", regexp.MustCompile(`\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b`)},
	{"tightens by a constraint", regexp.MustCompile(`^ALTER TABLE .*\bADD (?:COLUMN )?.*\b(?:CHECK|UNIQUE|EXCLUDE|FOREIGN KEY|PRIMARY KEY|REFERENCES)\b|^CREATE UNIQUE INDEX\b`)},
}

// refusals lists the removals of a migration. before has the numbers of the
// earlier migrations.
func refusals(text string, before []string) []string {
	if keeps.MatchString(text) {
		return nil
	}
	if found := contract.FindStringSubmatch(text); found != nil {
		if !slices.Contains(before, found[1]) {
			return []string{fmt.Sprintf("contract: %s is no migration before this one", found[1])}
		}
		return nil
	}
	text = bodies.ReplaceAllString(strs.ReplaceAllString(comments.ReplaceAllString(text, ""), "''"), "$$$$")
	var found, own []string // own: tables that only this migration uses
	for statement := range strings.SplitSeq(text, ";") {
		statement = strings.ToUpper(strings.TrimSpace(spaces.ReplaceAllString(statement, " ")))
		if made := created.FindStringSubmatch(statement); made != nil {
			own = append(own, made[1])
			continue
		}
		if table := slices.Concat(altered.FindStringSubmatch(statement), indexed.FindStringSubmatch(statement)); table != nil && slices.Contains(own, table[1]) {
			continue
		}
		for _, way := range takesAway {
			if way.in.MatchString(statement) {
				found = append(found, way.what+": "+statement)
			}
		}
		if !altered.MatchString(statement) {
			continue
		}
		for _, clause := range clauses.Split(statement, -1) {
			if strings.Contains(clause, "NOT NULL") && !filled.MatchString(clause) {
				found = append(found, "tightens by NOT NULL without a default: "+statement)
			}
		}
	}
	return found
}

// TestMigrationsExpand checks all migrations of both dialects.
func TestMigrationsExpand(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"platform/postgres", "platform/sqlite", "product/postgres", "product/sqlite"} {
		dir := os.DirFS(path)
		names, err := fs.Glob(dir, "*.up.sql")
		if err != nil || len(names) == 0 && strings.HasPrefix(path, "platform/") {
			t.Fatalf("%s has no migrations: %v", path, err)
		}
		var before []string
		for _, name := range names {
			text, err := fs.ReadFile(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, refusal := range refusals(string(text), before) {
				t.Errorf("%s: %s\nadd first and take away in a later release, with a line `-- contract: NNNN` that names the step "+
					"which added; or say by `-- keeps: …` why the program of the last release can live with it", path+"/"+name, refusal)
			}
			before = append(before, name[:4])
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CREATE TABLE t (a int NOT NULL CHECK (a > 0)); CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD CHECK (a > 1);": "",
		"CREATE TABLE t(a int); ALTER TABLE t RENAME TO u":                                                                "",
		"ALTER TABLE items ADD COLUMN a int":                                                                              "",
		"ALTER TABLE items ADD COLUMN a int NOT NULL DEFAULT 0, ADD COLUMN b text":                                        "",
		"ALTER TABLE items ADD a int DEFAULT 0 NOT NULL":                                                                  "",
		"CREATE INDEX i ON items (a) -- DROP TABLE":                                                                       "",
		"CREATE FUNCTION f() AS $$ BEGIN DROP TABLE t; END $$":                                                            "",
		"UPDATE items SET name = 'DROP TABLE t; '":                                                                        "",
		"DROP TABLE items":                                                 "drops",
		"drop\n  table if exists items":                                    "drops",
		"TRUNCATE items":                                                   "drops",
		"ALTER TABLE items DROP COLUMN name":                               "drops",
		"ALTER TABLE items DROP name":                                      "drops",
		"ALTER TABLE items DROP CONSTRAINT c":                              "drops",
		"ALTER TABLE items ALTER COLUMN a DROP DEFAULT":                    "drops",
		"DROP INDEX i":                                                     "drops",
		"ALTER TABLE items RENAME TO things":                               "renames",
		"ALTER TABLE items RENAME COLUMN a TO b":                           "renames",
		"ALTER INDEX a RENAME TO b":                                        "renames",
		"ALTER TABLE items ALTER COLUMN a TYPE text":                       "changes a type",
		"ALTER TABLE items ALTER a SET DATA TYPE text":                     "changes a type",
		"ALTER TABLE items ALTER COLUMN a SET NOT NULL":                    "tightens by NOT NULL",
		"ALTER TABLE items ALTER COLUMN a DROP NOT NULL":                   "drops", // the old program may not read NULL
		"ALTER TABLE items ADD COLUMN a int NOT NULL":                      "without a default",
		"ALTER TABLE items ADD a int DEFAULT 0, ADD COLUMN b int NOT NULL": "without a default",
		"ALTER TABLE items ADD CONSTRAINT c CHECK (a > 0)":                 "by a constraint",
		"ALTER TABLE items ADD COLUMN a int UNIQUE":                        "by a constraint",
		"ALTER TABLE items ADD FOREIGN KEY (a) REFERENCES b":               "by a constraint",
		"CREATE UNIQUE INDEX CONCURRENTLY i ON items (a)":                  "by a constraint",
		"-- keeps: nobody reads it\nDROP TABLE items":                      "",
		"-- keeps: \nDROP TABLE items":                                     "drops",
		"-- contract: 0001\nDROP TABLE items":                              "",
		"-- contract: 0009\nDROP TABLE items":                              "0009 is no migration before",
		"-- It drops a table, contract: 0001\nDROP TABLE items":            "drops",
	} {
		got := strings.Join(refusals(text, []string{"0001", "0002"}), "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s\nis refused by %q, want %q", text, got, want)
		}
	}
}

package life

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// steps are commits of the platform. The functions change its tree.
var steps = []func(*tree){
	func(c *tree) { // a setting, and a line that products may change
		c.replace("ops/settings.md", "| `FUALAB_REDIS_PREFIX` |", "| `FUALAB_STEP` | `1` | api | one step |\n| `FUALAB_REDIS_PREFIX` |")
		c.replace("SECURITY.md", "# Security", "# Security of FUALab")
	},
	func(c *tree) { // files, one of them a migration
		c.write("api/internal/stepping/stepping.go", "// Package stepping belongs to FUALab.\npackage stepping\n\nimport _ \"github.com/fualab/fualab/shared/errs\"\n")
		c.write("api/migrations/platform/sqlite/9001_step.tx.up.sql", "SELECT 1;\n")
	},
	func(c *tree) { // a file has another name
		c.run("git", "mv", "ops/metrics.md", "ops/measures.md")
		c.write("ops/measures.md", c.read("ops/measures.md")+"\nA line of FUALab more.\n")
	},
	func(c *tree) { // a file is gone
		c.run("git", "rm", "--quiet", "ops/runbooks/cost.md")
	},
	func(c *tree) { // many lines, in place
		c.write("ARCHITECTURE.md", strings.ReplaceAll(c.read("ARCHITECTURE.md"), "FUALab", "The platform FUALab"))
	},
}

// A divergence is the change of a product, with the files that both sides change in the same lines, for each step.
type divergence struct {
	always    bool // in the gate, too
	change    func(*tree)
	conflicts map[int][]string
}

var divergences = map[string]divergence{
	"nothing": {change: func(*tree) {}},
	"an entity is added": {always: true, change: func(c *tree) {
		if _, err := c.try("test", "-d", "api/migrations/product"); err == nil {
			c.run(program, "resource", "customer", "name:string", "notes:text?")
		}
		c.write("api/internal/ours/ours.go", "// Package ours is the product's.\npackage ours\n")
	}},
	"files are renamed": {change: func(c *tree) {
		c.run("git", "mv", "SECURITY.md", "SAFETY.md")
		c.run("git", "mv", "ARCHITECTURE.md", "SHAPE.md")
	}},
	"styles and CI are changed": {change: func(c *tree) {
		c.write("frontend/src/style/tokens.css", c.read("frontend/src/style/tokens.css")+"\n:root { --ours: red; }\n")
		c.write(".github/workflows/ours.yml", "name: ours\n")
		c.write("ops/metrics.md", "Ours comes first.\n\n"+c.read("ops/metrics.md"))
	}},
	"a setting is added beside": {change: func(c *tree) {
		c.write("ops/settings.md", c.read("ops/settings.md")+"\n| `ZEBRA_OURS` | `1` | api | ours |\n")
	}},
	"a line is changed that the platform changes": {
		always:    true,
		change:    func(c *tree) { c.replace("SECURITY.md", "# Security", "# Safety") },
		conflicts: map[int][]string{0: {"SECURITY.md"}},
	},
	"a file is changed that the platform deletes": {
		change:    func(c *tree) { c.write("ops/runbooks/cost.md", c.read("ops/runbooks/cost.md")+"\nOurs.\n") },
		conflicts: map[int][]string{3: {"ops/runbooks/cost.md"}},
	},
}

// TestUpdateHasTrueConflictsOnly updates products that differ over several versions of the platform.
func TestUpdateHasTrueConflictsOnly(t *testing.T) {
	t.Parallel()
	platform := copied(t)
	if platform == nil {
		return
	}
	// Other tests prove the files that the tools write after an update, and the checks.
	platform.write(".platform.json", strings.NewReplacer(`"after": [["go", "tool", "task", "fresh"]]`, `"after": []`,
		`"checks": [["go", "vet", "work"], ["go", "tool", "task", "fmt:check"]]`, `"checks": []`).Replace(platform.read(".platform.json")))
	platform.commit()
	for i, step := range steps {
		step(platform)
		platform.commit()
		platform.run("git", "tag", fmt.Sprintf("step-%d", i+1))
	}
	platform.run("git", "branch", "later")
	platform.run("git", "reset", "--quiet", "--hard", fmt.Sprintf("HEAD~%d", len(steps)))
	began := sets["behind the dependencies in order"].begin(platform, "-after=false", "-upstream", platform.dir)
	for name, d := range divergences {
		if !whole && !d.always {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := (&tree{t, began.dir}).clone()
			d.change(c)
			c.run("git", "add", "--all")
			c.run("git", "commit", "--quiet", "--allow-empty", "--message", "ours")
			for i := range steps {
				to := fmt.Sprintf("step-%d", i+1)
				c.update(to, d.conflicts[i])
				if again := c.run(program, "update", "-to", to); !strings.Contains(again, "of the platform already") {
					t.Errorf("a second update to %s says %s", to, again)
				}
			}
			// git grep fails where it finds nothing, as it should: even the address of the platform is a folder here.
			if left, err := c.try("git", "grep", "--ignore-case", "fualab", "--", ".", ":(exclude,glob)**/CHANGELOG.md",
				":(exclude)ops/decisions/0019*", ":(exclude)ops/lab/bench/README.md"); err == nil {
				t.Errorf("the platform's name came with an update:\n%s", left)
			}
			c.formed()
		})
	}
}

// update updates c, whose conflicts are in the given files alone, and takes the platform's side of them.
func (c *tree) update(to string, conflicts []string) {
	c.t.Helper()
	out, err := c.try(program, "update", "-to", to)
	var open []string
	if unmerged := strings.TrimSpace(c.run("git", "diff", "--name-only", "--diff-filter=U")); unmerged != "" {
		open = strings.Split(unmerged, "\n")
	}
	if !slices.Equal(open, conflicts) || err != nil && len(conflicts) == 0 {
		c.t.Fatalf("the update to %s has conflicts in %q, want %q: %v\n%s", to, open, conflicts, err, out)
	}
	if len(conflicts) == 0 {
		return
	}
	for _, file := range conflicts {
		if _, err := c.try("git", "checkout", "--theirs", "--", file); err != nil {
			c.run("git", "rm", "--quiet", "--force", file)
			continue
		}
		c.run("git", "add", file)
	}
	c.run(program, "update")
}

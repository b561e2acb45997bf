package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fualab/fualab/ops/life/names"
)

func TestInitLeavesOldNameInLineOfOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.clone()
	w.life(dir, "init", "-product", "Acme Shop", "-repository", "acme/shop")
	w.git(dir, "commit", "--quiet", "--message", "Begin Acme Shop")
	want := declarationFile + ":    \"repository\": \"https://github.com/seedling/seedling\","
	if got := w.git(dir, "grep", "-i", "seedling", "--", ".", ":!CHANGELOG.md", ":!history"); got != want {
		t.Errorf("the old name is in:\n%s", got)
	}
	has(t, w.read(dir, "README.md"), "# Acme Shop", "Run acme-shop-api.")
	has(t, w.read(dir, "LICENSE"), "All rights in Acme Shop are reserved.")
	has(t, w.read(dir, "history/old.md"), "SEEDling was small.")
	has(t, w.read(dir, "CHANGELOG.md"), "SEEDling")
	has(t, w.read(dir, "api/cmd/acme-shop-api/main.go"), "import (\n\t\"github.com/acme/shop/s\"\n\t\"github.com/bbb/b\"\n)")
	has(t, w.read(dir, declarationFile), w.git(w.platform, "rev-parse", "HEAD"), `"name": "acme-shop"`)
	has(t, w.git(dir, "ls-files", "--stage", "script.sh"), "100755")
	if got := w.git(dir, "status", "--porcelain"); got != "" {
		t.Errorf("init left changes outside of the index: %s", got)
	}
}

func TestInitTellsItsPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.clone()
	out := w.life(dir, "init", "-product", "Acme Shop", "-repository", "acme/shop", "-dry-run")
	has(t, out, "variables   ACME_SHOP_", "move api/cmd/seedling-api/main.go to api/cmd/acme-shop-api/main.go", "Nothing is changed.")
	if got := w.git(dir, "status", "--porcelain"); got != "" {
		t.Errorf("a plan changed %s", got)
	}
}

func TestInitTakesNamesFromFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.clone()
	answers := filepath.Join(t.TempDir(), "names.json")
	w.write(filepath.Dir(answers), files{"names.json": `{"product": "Acme", "repository": "acme/acme", "token": "ac_"}`})
	has(t, w.life(dir, "init", "-from", answers, "-token", "acm_", "-dry-run"), "product     Acme\n", "token       acm_\n")
	w.write(filepath.Dir(answers), files{"names.json": `{"produkt": "Acme"}`})
	_, err := w.try(dir, "init", "-from", answers)
	failed(t, err, `unknown field "produkt"`)
}

func TestInitTellsWhichCommandFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commit(w.platform, files{"source.txt": ""})
	dir := w.clone()
	_, err := w.try(dir, "init", "-product", "Acme", "-repository", "acme/acme")
	failed(t, err, "the names are in place, but generated files are not fresh: cp source.txt written.txt: exit status 1; repair the cause")
	has(t, w.read(dir, "README.md"), "# Acme")
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := []string{"init", "-product", "Acme", "-repository", "acme/acme"}
	_, err := w.try(w.product(), good...)
	failed(t, err, "this is Acme Shop already")
	_, err = w.try(w.clone(), "init")
	failed(t, err, "product: is missing; give it by -product")
	_, err = w.try(w.clone(), "init", "-product", "Seedling Two", "-repository", "a/b")
	failed(t, err, "contains the name of the platform")
	_, err = w.try(w.clone(), append(good, "more")...)
	failed(t, err, `"more" follows the flags`)
	dirty := w.clone()
	w.write(dirty, files{"README.md": "mine\n"})
	_, err = w.try(dirty, good...)
	failed(t, err, "commit them, or remove them")
	_, err = w.try(t.TempDir(), good...)
	failed(t, err, "run this in a clone")
	twice := w.clone()
	w.commit(twice, files{"acme-x": "a\n", "seedling-x": "b\n"})
	_, err = w.try(twice, good...)
	failed(t, err, "would both be acme-x")
}

func TestQuestionsAreAskedAgainUntilAnswered(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	base := names.Names{Name: "seedling"}
	in := strings.NewReader("\nAcme's\nAcme Shop\nacme/shop\n\nshop\n\n\n\n\n\n")
	got := ask(names.Names{}, base, in, &out)
	want := names.Names{Product: "Acme Shop", Repository: "acme/shop", Name: "shop", Licence: "All rights in Acme Shop are reserved"}.Completed()
	if got != want {
		t.Errorf("the answers are %+v, want %+v", got, want)
	}
	has(t, out.String(), "Name of the product, for people: ", `"Acme's" has another form`, "Path of the Go modules [github.com/acme/shop]: ")
}

package names_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/ops/life/names"
)

var shop = names.Names{Product: "Acme Shop", Repository: "acme/web", Module: "example.com/acme/shop", Token: "tok_", Licence: "Ask Acme"}.Completed()

func TestEachRoleHasItsName(t *testing.T) {
	t.Parallel()
	r := names.NewRenamer(base, shop)
	for _, test := range []struct{ name, old, want string }{
		{"module", `import "github.com/seedling/seedling/api"`, `import "example.com/acme/shop/api"`},
		{"address", "https://github.com/seedling/seedling/.github/x.yml", "https://github.com/acme/web/.github/x.yml"},
		{"repository", `--repo seedling/seedling --signer`, `--repo acme/web --signer`},
		{"subject", "repo:seedling/seedling:x repo:seedling@1/seedling@2:x", "repo:acme/web:x repo:acme@1/web@2:x"},
		{"owner", `{ owner = "seedling", owner_id = 1, repo = "seedling" }`, `{ owner = "acme", owner_id = 1, repo = "web" }`},
		{"owner in JSON", `{"owner": "seedling", "repo":"seedling"}`, `{"owner": "acme", "repo":"web"}`},
		{"variable", "SEEDLING_API_ADDR or $SEEDLING", "ACME_SHOP_API_ADDR or $ACME_SHOP"},
		{"product", "# SEEDling's client", "# Acme Shop's client"},
		{"program", "go run ./cmd/seedling-api", "go run ./cmd/acme-shop-api"},
		{"image", "registry/seedling/api@sha256", "registry/acme-shop/api@sha256"},
		{"Redis key", `"seedling:events"`, `"acme-shop:events"`},
		{"file", ".data/seedling.db", ".data/acme-shop.db"},
		{"metric", "seedling_up{x}", "acme_shop_up{x}"},
		{"behind an underscore", "x_seedling", "x_acme_shop"},
		{"URL of Postgres", "postgresql://seedling:pw@db/seedling?sslmode=off", "postgresql://acme_shop:pw@db/acme_shop?sslmode=off"},
		{"psql", "psql -U seedling -d seedling", "psql -U acme_shop -d acme_shop"},
		{"program on a line of Postgres", "postgres for seedling-api of seedling.db", "postgres for acme-shop-api of acme-shop.db"},
		{"SQL", "GRANT ALL ON t TO seedling", "GRANT ALL ON t TO acme_shop"},
		{"resource on AWS", `name = "seedling-dev-worker"`, `name = "acme-shop-dev-worker"`},
		{"token", `"sdl_abc" sdl_[a-z]{56} not_sdl_x`, `"tok_abc" tok_[a-z]{56} not_sdl_x`},
		{"licence", "SEEDling is for everybody ([LICENSE](LICENSE)).", "Ask Acme ([LICENSE](LICENSE))."},
		{"nothing", "a seed of linguistics", "a seed of linguistics"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := string(r.Content("x.md", []byte(test.old+"\n"))); got != test.want+"\n" {
				t.Errorf("%q becomes %q, want %q", test.old, got, test.want)
			}
		})
	}
	if got := r.Path("api/cmd/seedling-api/main.go"); got != "api/cmd/acme-shop-api/main.go" {
		t.Errorf("the path becomes %s", got)
	}
	if got := string(r.Content("public/favicon.svg", []byte("<text>S</text>"))); got != "<text>A</text>" {
		t.Errorf("the icon becomes %s", got)
	}
}

func TestRenamedFilesHaveTheFormOfGo(t *testing.T) {
	t.Parallel()
	n := shop
	n.Module = "github.com/aaa/shop"
	r := names.NewRenamer(base, n)
	for _, test := range []struct{ file, old, want string }{
		{
			"x.go",
			"package x\n\nimport (\n\t\"github.com/bbb/b\"\n\t\"github.com/seedling/seedling/s\"\n)\n\nvar x = map[string]int{\n\t\"SEEDLING_A\": 1,\n\t\"B\":          2,\n}\n",
			"package x\n\nimport (\n\t\"github.com/aaa/shop/s\"\n\t\"github.com/bbb/b\"\n)\n\nvar x = map[string]int{\n\t\"ACME_SHOP_A\": 1,\n\t\"B\":           2,\n}\n",
		},
		{
			"api/go.mod",
			"module github.com/seedling/seedling/api\n\nrequire (\n\tgithub.com/bbb/b v1.0.0\n\tgithub.com/seedling/seedling/s v0.1.0\n)\n\nreplace github.com/seedling/seedling/s => ../s\n",
			"module github.com/aaa/shop/api\n\nrequire (\n\tgithub.com/aaa/shop/s v0.1.0\n\tgithub.com/bbb/b v1.0.0\n)\n\nreplace github.com/aaa/shop/s => ../s\n",
		},
		{
			"x.tf",
			"a {\n  LIMIT         = 1\n  SEEDLING_RATE = 2\n\n  b = 3\n  SEEDLING_X = {\n",
			"a {\n  LIMIT          = 1\n  ACME_SHOP_RATE = 2\n\n  b = 3\n  ACME_SHOP_X = {\n",
		},
		{"broken.go", "pack seedling {\n", "pack acme-shop {\n"},
		{"picture.png", "\x00seedling", "\x00seedling"},
	} {
		if diff := cmp.Diff(test.want, string(r.Content(test.file, []byte(test.old)))); diff != "" {
			t.Errorf("%s: %s", test.file, diff)
		}
	}
}

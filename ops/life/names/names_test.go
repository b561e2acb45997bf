package names_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/ops/life/names"
)

// base names a platform that exists in tests alone.
var base = names.Names{
	Product: "SEEDling", Name: "seedling", Identifier: "seedling", Module: "github.com/seedling/seedling", Repository: "seedling/seedling",
	Variables: "SEEDLING_", Token: "sdl_", Letter: "S", Licence: "SEEDling is for everybody",
}

func TestNamesAreDerived(t *testing.T) {
	t.Parallel()
	got := names.Names{Product: "Acme Web Shop", Repository: "acme/shop"}.Completed()
	want := names.Names{
		Product: "Acme Web Shop", Name: "acme-web-shop", Identifier: "acme_web_shop", Module: "github.com/acme/shop", Repository: "acme/shop",
		Variables: "ACME_WEB_SHOP_", Token: "acm_", Letter: "A", Licence: "All rights in Acme Web Shop are reserved",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if faults := got.Faults(base); faults != nil {
		t.Errorf("good names have the faults %q", faults)
	}
	if again := got.Completed(); again != got {
		t.Errorf("completed names change: %+v", again)
	}
}

func TestBadNamesAreRefusedWithCauseAndCure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*names.Names)
		want   string
	}{
		"no product":            {func(n *names.Names) { n.Product = "" }, "product: is missing; give it by -product"},
		"an apostrophe":         {func(n *names.Names) { n.Product = "Acme's" }, `product: "Acme's" has another form; use letters`},
		"markup":                {func(n *names.Names) { n.Product = "<b>" }, "product: "},
		"a capital":             {func(n *names.Names) { n.Name = "Acme" }, `name: "Acme" has another form; use small letters`},
		"two hyphens":           {func(n *names.Names) { n.Name = "a--b" }, "name: "},
		"a digit first":         {func(n *names.Names) { n.Name = "7up" }, "name: "},
		"too long for AWS":      {func(n *names.Names) { n.Name = strings.Repeat("a", 21) }, "has 21 characters; choose one of at most 20"},
		"a part":                {func(n *names.Names) { n.Name = "worker" }, "is the name of something else"},
		"a word of SQL":         {func(n *names.Names) { n.Identifier = "user" }, `identifier: "user" is the name of something else`},
		"AWS' own":              {func(n *names.Names) { n.Name = "awsome" }, "begins with aws, which AWS keeps for itself"},
		"the platform's":        {func(n *names.Names) { n.Name = "my-seedling" }, "contains the name of the platform"},
		"a hyphen in SQL":       {func(n *names.Names) { n.Identifier = "a-b" }, "identifier: "},
		"a module without host": {func(n *names.Names) { n.Module = "shop" }, "module: "},
		"a major version":       {func(n *names.Names) { n.Module = "github.com/acme/shop/v2" }, "leave v2 out"},
		"no owner":              {func(n *names.Names) { n.Repository = "shop" }, "use owner and name"},
		"a URL":                 {func(n *names.Names) { n.Repository = "https://github.com/acme/shop" }, "use owner and name"},
		"no underscore":         {func(n *names.Names) { n.Variables = "ACME" }, "with an underscore at the end"},
		"others' variables":     {func(n *names.Names) { n.Variables = "OTEL_" }, "as the variables of another program do"},
		"a long token":          {func(n *names.Names) { n.Token = "averylongprefix_" }, "token: "},
		"two letters":           {func(n *names.Names) { n.Letter = "AB" }, "use one capital letter"},
		"two lines":             {func(n *names.Names) { n.Licence = "a\nb" }, "use one line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := names.Names{Product: "Acme", Repository: "acme/shop"}.Completed()
			test.change(&n)
			if got := strings.Join(n.Faults(base), "\n"); !strings.Contains(got, test.want) {
				t.Errorf("the faults are %q, want %q", got, test.want)
			}
		})
	}
}
